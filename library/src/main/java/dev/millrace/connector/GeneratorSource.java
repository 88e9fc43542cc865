package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.IndexFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes records from numbers: for demonstrations, tests and benchmarks.
 *
 * <p><b>Contract.</b> The record of index 0, 1, 2, ... each exactly once, up to {@link #count} or
 * without end; a job that is to run up to the end of its input needs a count. The indexes are dealt
 * out to the splits in turn, so that all tasks move through them together. After a failure each
 * split goes on with the index behind the last committed one.
 *
 * <p><b>Time.</b> A record's event time is what {@link #eventTime} reads. Without, it is the moment
 * of the job's first start plus, with a rate, the time in which the rate reaches the index: the
 * same for an index whenever it is made.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy.
 *
 * <p><b>Errors.</b> An exception of the function stops the job.
 *
 * <p><b>Example.</b> {@code GeneratorSource.of(Word.class, i -> new Word("w" + i %
 * 1000)).ratePerSecond(500)}.
 *
 * @param <T> the records
 */
public final class GeneratorSource<T> implements SplitSource<T> {

  private static final int DEFAULT_SPLITS = 4;

  /** What can be chosen. */
  private record Options(long count, double ratePerSecond, int splits, Clock clock) {}

  private final TypeRef<T> type;
  private final IndexFunction<? extends T> values;
  private final Options options;
  private final @Nullable TimestampFunction<T> timestamps;
  private final @Nullable Watermarks<? super T> watermarks;

  private GeneratorSource(
      TypeRef<T> type,
      IndexFunction<? extends T> values,
      Options options,
      @Nullable TimestampFunction<T> timestamps,
      @Nullable Watermarks<? super T> watermarks) {
    this.type = type;
    this.values = values;
    this.options = options;
    this.timestamps = timestamps;
    this.watermarks = watermarks;
  }

  /** {@return an endless source of a function's values, as fast as they are taken} */
  public static <T> GeneratorSource<T> of(Class<T> type, IndexFunction<? extends T> values) {
    return of(TypeRef.of(type), values);
  }

  /** {@return an endless source of a function's values, of a generic type} */
  public static <T> GeneratorSource<T> of(TypeRef<T> type, IndexFunction<? extends T> values) {
    Options options =
        new Options(Long.MAX_VALUE, Double.POSITIVE_INFINITY, DEFAULT_SPLITS, SystemClock.INSTANCE);
    return new GeneratorSource<>(type, values, options, null, null);
  }

  private GeneratorSource<T> with(Options other) {
    return new GeneratorSource<>(type, values, other, timestamps, watermarks);
  }

  /**
   * {@return the same source with an end}
   *
   * @param records how many, zero or more
   */
  public GeneratorSource<T> count(long records) {
    if (records < 0) {
      throw new ConfigurationException(
          "Cannot generate " + records + " records: give zero or more");
    }
    return with(new Options(records, options.ratePerSecond(), options.splits(), options.clock()));
  }

  /**
   * {@return the same source at a limited speed}
   *
   * @param records by all splits together, more than zero; after a pause at most one second's worth
   *     is made up for
   */
  public GeneratorSource<T> ratePerSecond(double records) {
    if (!(records > 0)) {
      throw new ConfigurationException(
          "Cannot generate " + records + " records per second: give a number of more than zero");
    }
    return with(new Options(options.count(), records, options.splits(), options.clock()));
  }

  /**
   * {@return the same source in another number of splits: on how many tasks it can be spread}
   *
   * @param splits at least 1; by default 4. Only with one are the records in order
   */
  public GeneratorSource<T> splits(int splits) {
    if (splits < 1) {
      throw new ConfigurationException(
          "Cannot generate in " + splits + " splits: give a number of at least 1");
    }
    return with(new Options(options.count(), options.ratePerSecond(), splits, options.clock()));
  }

  /** {@return the same source with event times read from the values} */
  public GeneratorSource<T> eventTime(TimestampFunction<T> timestamp) {
    return new GeneratorSource<>(type, values, options, timestamp, watermarks);
  }

  /** {@return the same source with watermarks, so that windows go by event time} */
  public GeneratorSource<T> watermarks(Watermarks<? super T> strategy) {
    return new GeneratorSource<>(type, values, options, timestamps, strategy);
  }

  /** {@return the same source by another clock, for tests} */
  GeneratorSource<T> by(Clock other) {
    return with(new Options(options.count(), options.ratePerSecond(), options.splits(), other));
  }

  @Override
  public String name() {
    return "generator";
  }

  @Override
  public TypeRef<T> type() {
    return type;
  }

  @Override
  public Optional<TimestampFunction<T>> eventTime() {
    return Optional.ofNullable(timestamps);
  }

  @Override
  public Optional<Watermarks<? super T>> watermarks() {
    return Optional.ofNullable(watermarks);
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
    String[] parts = new String(split, java.nio.charset.StandardCharsets.UTF_8).split(" ");
    long first = Long.parseLong(parts[0]);
    int step = Integer.parseInt(parts[2]);
    long bornMs = Long.parseLong(parts[4]);
    long next = position.length == 0 ? first : ByteBuffer.wrap(position).getLong();
    return new Reader(next, step, bornMs);
  }

  /** Goes through the indexes of one split. */
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
