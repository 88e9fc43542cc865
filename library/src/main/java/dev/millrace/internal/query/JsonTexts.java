package dev.millrace.internal.query;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonDecoder;
import dev.millrace.internal.codec.json.JsonEncoder;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;

/**
 * Keys and values as JSON. A key whose JSON is a string (text, UUIDs, times, enums, bytes) has no
 * quotes, so that it can stand in an address or on a command line as it is.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class JsonTexts implements Translation<String, String> {

  private final QueriedStore store;
  private final JsonEncoder<Object> keys;
  private final JsonDecoder<Object> keyReader;
  private final JsonEncoder<Object> values;
  private final JsonEncoder<String> texts = JsonCodec.encoder(String.class);
  private final JsonDecoder<String> textReader = JsonCodec.decoder(String.class);

  JsonTexts(QueriedStore store) {
    this.store = store;
    this.keys = JsonCodec.encoder(store.keyType());
    this.keyReader = JsonCodec.decoder(store.keyType());
    this.values = JsonCodec.encoder(store.answerType());
  }

  private static boolean isText(Type keyType) {
    Class<?> raw = Types.raw(keyType);
    return raw == String.class
        || raw == UUID.class
        || raw == Instant.class
        || raw == LocalDate.class
        || raw == byte[].class
        || raw.isEnum();
  }

  @Override
  public Object key(String key) {
    if (store.keyType() == String.class) {
      return key;
    }
    byte[] json =
        isText(store.keyType()) ? texts.encode(key) : key.getBytes(StandardCharsets.UTF_8);
    try {
      return keyReader.decode(json);
    } catch (MalformedBytesException e) {
      throw new ConfigurationException(
          "Cannot ask store '"
              + store.name()
              + "' for key '"
              + key
              + "': it is no "
              + Types.name(store.keyType())
              + " in JSON ("
              + e.getMessage()
              + "). Ask for another key",
          e);
    }
  }

  @Override
  public String shownKey(Object key) {
    if (store.keyType() == String.class) {
      return (String) key;
    }
    byte[] json = keys.encode(key);
    return isText(store.keyType())
        ? textReader.decode(json)
        : new String(json, StandardCharsets.UTF_8);
  }

  @Override
  public String shownValue(Object value) {
    return new String(values.encode(value), StandardCharsets.UTF_8);
  }
}
