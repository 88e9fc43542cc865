package dev.millrace.connector;

import dev.millrace.function.IndexFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The splits of a {@link GeneratorSource}: of n splits, the one of number i has the indexes i, i +
 * n, i + 2n, ...
 *
 * <p><b>Threads.</b> Immutable.
 */
record GeneratorSplits<T>(
    TypeRef<T> type,
    IndexFunction<? extends T> values,
    Options options,
    @Nullable TimestampFunction<T> timestamps,
    @Nullable Watermarks<? super T> strategy)
    implements SplitSource<T> {

  /**
   * The options that have defaults.
   *
   * @param count the number of records
   * @param splits the number of splits
   */
  record Options(long count, double ratePerSecond, int splits, Clock clock) {

    static final Options DEFAULT =
        new Options(Long.MAX_VALUE, Double.POSITIVE_INFINITY, 4, SystemClock.INSTANCE);

    Options withCount(long other) {
      return new Options(other, ratePerSecond, splits, clock);
    }

    Options withRatePerSecond(double other) {
      return new Options(count, other, splits, clock);
    }

    Options withSplits(int other) {
      return new Options(count, ratePerSecond, other, clock);
    }

    Options withClock(Clock other) {
      return new Options(count, ratePerSecond, splits, other);
    }
  }

  GeneratorSplits<T> with(Options other) {
    return new GeneratorSplits<>(type, values, other, timestamps, strategy);
  }

  GeneratorSplits<T> withEventTime(TimestampFunction<T> other) {
    return new GeneratorSplits<>(type, values, options, other, strategy);
  }

  GeneratorSplits<T> withWatermarks(Watermarks<? super T> other) {
    return new GeneratorSplits<>(type, values, options, timestamps, other);
  }

  @Override
  public String name() {
    return "generator";
  }

  @Override
  public Optional<TimestampFunction<T>> eventTime() {
    return Optional.ofNullable(timestamps);
  }

  @Override
  public Optional<Watermarks<? super T>> watermarks() {
    return Optional.ofNullable(strategy);
  }

  @Override
  public List<byte[]> splits() {
    long bornMs = options.clock().wallMs();
    List<byte[]> splits = new ArrayList<>();
    for (int i = 0; i < options.splits(); i++) {
      splits.add(LineFormat.utf8(i + " of " + options.splits() + " since " + bornMs));
    }
    return splits;
  }

  @Override
  public SplitReader<T> open(byte[] split, byte[] position) {
    String[] parts = new String(split, StandardCharsets.UTF_8).split(" ");
    long first = Long.parseLong(parts[0]);
    int step = Integer.parseInt(parts[2]);
    long bornMs = Long.parseLong(parts[4]);
    long next = position.length == 0 ? first : ByteBuffer.wrap(position).getLong();
    return new Reader(next, step, bornMs);
  }

  /** The reader of one split's indexes. */
  private final class Reader implements SplitReader<T> {
    private final Clock clock = options.clock();
    private final int step;
    private final long bornMs;
    private final double nanosPerRecord;
    private long next;

    /** When the next record is due, on the clock of {@code nanos}. */
    private double dueNanos;

    Reader(long next, int step, long bornMs) {
      this.next = next;
      this.step = step;
      this.bornMs = bornMs;
      this.nanosPerRecord = TimeUnit.SECONDS.toNanos(1) / options.ratePerSecond() * step;
      this.dueNanos = clock.nanos();
    }

    @Override
    public Progress read(SplitOutput<T> out, int maxRecords) throws Exception {
      int most = nanosPerRecord > 0 ? Math.min(maxRecords, due()) : maxRecords;
      for (int i = 0; i < most; i++) {
        if (next >= options.count()) {
          return Progress.END;
        }
        out.emit(values.at(next), timestampMs());
        next += step;
        dueNanos += nanosPerRecord;
      }
      if (next >= options.count()) {
        return Progress.END;
      }
      return most < maxRecords ? Progress.LATER : Progress.MORE;
    }

    private int due() {
      long now = clock.nanos();
      dueNanos = Math.max(dueNanos, (double) now - TimeUnit.SECONDS.toNanos(1));
      return dueNanos > now
          ? 0
          : (int) Math.min(Integer.MAX_VALUE, (now - dueNanos) / nanosPerRecord + 1);
    }

    private long timestampMs() {
      return Double.isInfinite(options.ratePerSecond())
          ? bornMs
          : bornMs + (long) (next * 1_000.0 / options.ratePerSecond());
    }

    @Override
    public byte[] position() {
      return ByteBuffer.allocate(Long.BYTES).putLong(next).array();
    }

    @Override
    public void close() {}
  }
}
