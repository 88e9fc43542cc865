package dev.millrace.internal.shuffle;

import dev.millrace.function.KeyFunction;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.plan.Carrying;
import dev.millrace.internal.util.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * The key of one record at a time, taken by the program's function and encoded.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class RecordKey {

  private final KeyFunction<Object, Object> keyOf;

  /** What of a record goes on with its key; null if all of it does. */
  private final @Nullable Carrying carrying;

  private final KeyCodec<Object> keys;
  private final Guard guard;
  private final ByteWriter bytes = new ByteWriter();

  /**
   * Creates a place for keys.
   *
   * @param guard around the function
   */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public RecordKey(KeyFunction<?, ?> keyOf, KeyCodec<Object> keys, Guard guard) {
    this.keyOf = (KeyFunction<Object, Object>) keyOf;
    this.carrying = keyOf instanceof Carrying part ? part : null;
    this.keys = keys;
    this.guard = guard;
  }

  /** Takes a record's key; returns false if the record is dropped, since the key function fails. */
  public boolean take(Object value) {
    try {
      return encode(value);
    } catch (Exception e) {
      return guard.recover(value, e, () -> encode(value)) != null;
    }
  }

  private boolean encode(Object value) throws Exception {
    Object key = keyOf.key(value);
    if (key == null) {
      throw new NullPointerException(
          "the key is null; filter such values out before keyBy, or set what becomes of them with"
              + " keyBy(...).onError(...)");
    }
    bytes.clear();
    keys.encode(key, bytes);
    return true;
  }

  /** {@return what of a record goes on with its key} */
  public Object carried(Object value) {
    return carrying == null ? value : carrying.carried(value);
  }

  /** {@return the bytes of the key that was taken last} */
  public ByteWriter bytes() {
    return bytes;
  }
}
