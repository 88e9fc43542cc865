package dev.millrace.internal.shuffle;

import dev.millrace.function.KeyFunction;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.fold.Replacement;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.stage.Counter;
import dev.millrace.time.TimeDomain;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A task's end of a shuffle: takes the key, stamps the time, and hands the record to the worker's
 * writer.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class ShuffleOutput implements Output {

  private final ShuffleWriter writer;
  private final RecordKey key;
  private final Guard guard;
  private final @Nullable LongSupplier stamp;
  private final Counter passed;

  private ShuffleOutput(
      ShuffleWriter writer,
      RecordKey key,
      Guard guard,
      @Nullable LongSupplier stamp,
      Counter passed) {
    this.writer = writer;
    this.key = key;
    this.guard = guard;
    this.stamp = stamp;
    this.passed = passed;
  }

  /**
   * {@return the output of one task to a shuffle}
   *
   * @param keyGuard around the key function
   * @param guard around the rest: the value has to be written, or added to a partial aggregate
   * @param processingTime the task's processing time, for edges that go by it
   * @param passed counts the records that it gets
   */
  public static Output of(
      ShuffleWriter writer,
      Guard keyGuard,
      Guard guard,
      LongSupplier processingTime,
      Counter passed) {
    KeyCodec<Object> keys = writer.output().keys();
    KeyFunction<?, ?> keyOf = writer.output().edge().key().orElse(null);
    if (keys == null || keyOf == null) {
      return (value, timeMs, kind) -> {
        passed.add(1);
        try {
          writer.spread(timeMs, kind, value);
        } catch (Exception e) {
          @Nullable Boolean ignored =
              guard.recover(
                  value,
                  e,
                  () -> {
                    writer.spread(timeMs, kind, value);
                    return true;
                  });
        }
      };
    }
    boolean stamps = writer.output().edge().domain() == TimeDomain.PROCESSING;
    RecordKey key = new RecordKey(keyOf, keys, keyGuard);
    return new ShuffleOutput(writer, key, guard, stamps ? processingTime : null, passed);
  }

  @Override
  public void emit(Object record, long timeMs, int kind) {
    passed.add(1);
    if (!key.take(record)) {
      return;
    }
    Object value = key.carried(record);
    // A stamp is the worker's own clock, so it cannot be too far in the future.
    long time = stamp == null ? timeMs : stamp.getAsLong();
    int sent = stamp == null ? kind : kind & ~FrameFormat.TOO_FAR_AHEAD;
    writer.drainBefore(sent);
    try {
      writer.add(key.bytes(), time, sent, value);
    } catch (Exception e) {
      @Nullable Boolean written =
          guard.recover(
              record, // with what its key was taken from, which the value may lack
              e,
              () -> {
                writer.add(key.bytes(), time, sent, value);
                return true;
              });
      if (written == null && value instanceof Replacement replacement) {
        addWithout(replacement.withoutRow(), time, sent);
      }
    }
    writer.drainIfFull();
  }

  /** Deletes what a row that cannot be sent would have replaced. */
  private void addWithout(@Nullable Object withoutRow, long timeMs, int kind) {
    if (withoutRow == null) {
      return;
    }
    try {
      writer.add(key.bytes(), timeMs, kind, withoutRow);
    } catch (ShuffleWriter.TooLargeException e) {
      // Its key alone is too large, so no row of that key was ever sent.
    } catch (Exception e) {
      throw new IllegalStateException(
          "Cannot delete a row that is replaced by one that could not be sent: its deletion cannot be"
              + " sent either. See the cause",
          e);
    }
  }
}
