package dev.millrace.connector;

import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.internal.codec.json.JsonRules;
import dev.millrace.serde.TypeRef;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of lines that are JSON; a blank line has no record.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class JsonLineDecoder<T> implements FileSplitReader.LineDecoder<T> {

  private final TypeRef<T> type;
  private final JsonRules rules;
  private final JsonDecoder<T> json;

  JsonLineDecoder(TypeRef<T> type, JsonRules rules) {
    this.type = type;
    this.rules = rules;
    this.json = JsonCodec.decoder(type.type(), rules);
  }

  JsonRules rules() {
    return rules;
  }

  /** {@return a decoder of the same type by other rules} */
  JsonLineDecoder<T> by(JsonRules others) {
    return new JsonLineDecoder<>(type, others);
  }

  @Override
  public @Nullable T decode(byte[] bytes, int offset, int length) {
    return isBlank(bytes, offset, length) ? null : json.decode(bytes, offset, length);
  }

  private static boolean isBlank(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t') {
        return false;
      }
    }
    return true;
  }
}
