package dev.millrace.sidebyside.figures;

import java.util.Arrays;
import java.util.Optional;

/**
 * How many input records the results account for, by time.
 *
 * <p><b>Threads.</b> One.
 */
public final class Progress {

  private final long originMs;
  private long[] growth = new long[1 << 14];
  private int length;
  private long total;

  /**
   * Creates a progress without any.
   *
   * @param originMs a time before all that is added, in milliseconds since the epoch
   */
  public Progress(long originMs) {
    this.originMs = originMs;
  }

  /** Adds records that results account for from a time on. */
  public void add(long epochMs, long records) {
    int at = Math.toIntExact(Math.max(0, epochMs - originMs));
    if (at >= growth.length) {
      growth = Arrays.copyOf(growth, Math.max(at + 1, growth.length * 2));
    }
    growth[at] += records;
    length = Math.max(length, at + 1);
    total += records;
  }

  /** {@return the records of all times} */
  public long total() {
    return total;
  }

  /**
   * {@return from when at least half of the records were accounted for, to when all were; empty if
   * that was at one moment}
   */
  public Optional<Stretch> secondHalf() {
    long sum = 0;
    int from = 0;
    while (from < length) {
      sum += growth[from];
      if (sum * 2 >= total) {
        break;
      }
      from++;
    }
    int to = end();
    return to <= from
        ? Optional.empty()
        : Optional.of(new Stretch(originMs + from, originMs + to, total - sum));
  }

  /** {@return from the origin to when all records were accounted for; empty if there are none} */
  public Optional<Stretch> whole() {
    return total == 0
        ? Optional.empty()
        : Optional.of(new Stretch(originMs, originMs + end(), total));
  }

  /** The last time at which there was any. */
  private int end() {
    int end = Math.max(0, length - 1);
    while (end > 0 && growth[end] == 0) {
      end--;
    }
    return end;
  }

  /**
   * A stretch of a run.
   *
   * @param fromMs its start, in milliseconds since the epoch
   * @param toMs its end
   * @param records what came in it
   */
  public record Stretch(long fromMs, long toMs, long records) {

    /** {@return its length in seconds} */
    public double seconds() {
      return (toMs - fromMs) / 1e3;
    }

    /** {@return the same stretch, with so many records for each that came} */
    public Stretch times(double recordsEach) {
      return new Stretch(fromMs, toMs, Math.round(records * recordsEach));
    }

    /** {@return records per second} */
    public double rate() {
      return records / seconds();
    }
  }
}
