package dev.millrace.internal.connector;

import dev.millrace.internal.codec.json.JsonCodec;
import dev.millrace.internal.codec.json.JsonEncoder;

/**
 * JSON of values whose type is known at run time only: one encoder per class, made once.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class AnyJson {

  private static final ClassValue<JsonEncoder<Object>> ENCODERS =
      new ClassValue<>() {
        @Override
        protected JsonEncoder<Object> computeValue(Class<?> type) {
          return JsonCodec.encoder(type);
        }
      };

  private AnyJson() {}

  /** {@return the value as JSON in UTF-8} */
  public static byte[] encode(Object value) {
    return ENCODERS.get(value.getClass()).encode(value);
  }
}
