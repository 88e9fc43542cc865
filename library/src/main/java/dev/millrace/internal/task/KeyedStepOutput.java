package dev.millrace.internal.task;

import dev.millrace.function.KeyFunction;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.failure.ResultFailures;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.shuffle.RecordKey;
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
  private final RecordKey key;
  private final ResultFailures failures;
  private int keyHash;
  private long timeMs;
  private int kind;
  private @Nullable Object value;

  /**
   * Creates the way to one input of an operator.
   *
   * @param failures those of the operator, which are about the value here
   */
  KeyedStepOutput(
      KeyedOperator operator,
      int input,
      KeyFunction<?, ?> keyOf,
      KeyCodec<Object> keys,
      Guard keyGuard,
      ResultFailures failures) {
    this.operator = operator;
    this.input = input;
    this.key = new RecordKey(keyOf, keys, keyGuard);
    this.failures = failures;
  }

  @Override
  public void emit(Object newValue, long newTimeMs, int newKind) {
    if (!key.take(newValue)) {
      return;
    }
    keyHash = Hashing.murmur2(key.bytes().array(), 0, key.bytes().size());
    value = key.carried(newValue);
    timeMs = newTimeMs;
    kind = newKind;
    failures.at(newValue);
    operator.onRecord(input, this);
    failures.atNoResult();
    value = null;
  }

  @Override
  public byte[] bytes() {
    return key.bytes().array();
  }

  @Override
  public int keyOffset() {
    return 0;
  }

  @Override
  public int keyLength() {
    return key.bytes().size();
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
    return isRetraction() ? -1 : 1;
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
