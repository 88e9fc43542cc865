package dev.millrace.internal.runtime;

import dev.millrace.function.KeyFunction;
import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import org.jspecify.annotations.Nullable;

/**
 * The way from a step to a keyed operator of the same task, where no shuffle is needed: takes the
 * key and hands the record on as if it came out of a frame.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class KeyedStepOutput implements Output, KeyedRecord {

  private final KeyedOperator operator;
  private final int input;
  private final KeyFunction<Object, Object> keyOf;
  private final KeyCodec<Object> keys;
  private final Guard keyGuard;
  private final ResultFailures failures;
  private final ByteWriter key = new ByteWriter();
  private int keyHash;
  private long timeMs;
  private int kind;
  private @Nullable Object value;

  /**
   * Creates the way to one input of an operator.
   *
   * @param failures those of the operator, which are about the value here
   */
  @SuppressWarnings("unchecked") // the builder's types say what arrives
  KeyedStepOutput(
      KeyedOperator operator,
      int input,
      KeyFunction<?, ?> keyOf,
      KeyCodec<Object> keys,
      Guard keyGuard,
      ResultFailures failures) {
    this.operator = operator;
    this.input = input;
    this.keyOf = (KeyFunction<Object, Object>) keyOf;
    this.keys = keys;
    this.keyGuard = keyGuard;
    this.failures = failures;
  }

  @Override
  public void emit(Object newValue, long newTimeMs, int newKind) {
    try {
      encodeKey(newValue);
    } catch (Exception e) {
      if (keyGuard.recover(newValue, e, () -> encodeKey(newValue)) == null) {
        return;
      }
    }
    keyHash = Hashing.murmur2(key.array(), 0, key.size());
    value = newValue;
    timeMs = newTimeMs;
    kind = newKind;
    failures.at(newValue);
    operator.onRecord(input, this);
    failures.atNoResult();
    value = null;
  }

  private boolean encodeKey(Object from) throws Exception {
    Object keyed = keyOf.key(from);
    if (keyed == null) {
      throw new NullPointerException(
          "the key is null; filter such values out before keyBy, or set what becomes of them with"
              + " keyBy(...).onError(...)");
    }
    key.clear();
    keys.encode(keyed, key);
    return true;
  }

  @Override
  public byte[] bytes() {
    return key.array();
  }

  @Override
  public int keyOffset() {
    return 0;
  }

  @Override
  public int keyLength() {
    return key.size();
  }

  @Override
  public int keyHash() {
    return keyHash;
  }

  @Override
  public long timeMs() {
    return timeMs;
  }

  @Override
  public long firstTimeMs() {
    return timeMs;
  }

  @Override
  public long weight() {
    return 1;
  }

  @Override
  public int kind() {
    return kind;
  }

  @Override
  public Object value() {
    Object present = value;
    if (present == null) {
      throw new IllegalStateException("A record is valid during the call that it is handed to");
    }
    return present;
  }
}
