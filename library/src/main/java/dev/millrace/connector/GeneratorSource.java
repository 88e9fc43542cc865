package dev.millrace.connector;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.IndexFunction;
import dev.millrace.function.TimestampFunction;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.util.Clock;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;

/**
 * A source that makes records from numbers: for demonstrations, tests and benchmarks.
 *
 * <p><b>Contract.</b> The record of index 0, 1, 2, ... each exactly once, up to {@link #count} or
 * without end; a job that is to run up to the end of its input needs a count. The indexes are dealt
 * out to the splits in turn, so that all tasks move through them together. After a failure each
 * split goes on with the index after the last committed one.
 *
 * <p><b>Time.</b> A record's event time is what {@link #eventTime} reads. Without it, the event
 * time is the moment of the job's first start plus, with a rate, the time in which the rate reaches
 * the index: the same for an index whenever it is made.
 *
 * <p><b>Threads.</b> Immutable; every method returns a changed copy that keeps all else.
 *
 * <p><b>Errors.</b> An exception of the function stops the job.
 *
 * <p><b>Example.</b> {@code GeneratorSource.of(Word.class, i -> new Word("w" + i %
 * 1000)).ratePerSecond(500)}.
 *
 * @param <T> the records
 */
public final class GeneratorSource<T> implements Source<T> {

  static {
    Specs.grant(GeneratorSource.class, source -> source.splits);
  }

  private final GeneratorSplits<T> splits;

  private GeneratorSource(GeneratorSplits<T> splits) {
    this.splits = splits;
  }

  /** {@return an endless source of a function's values, as fast as they are taken} */
  public static <T> GeneratorSource<T> of(Class<T> type, IndexFunction<? extends T> values) {
    return of(TypeRef.of(type), values);
  }

  /** {@return an endless source of a function's values, of a generic type} */
  public static <T> GeneratorSource<T> of(TypeRef<T> type, IndexFunction<? extends T> values) {
    return new GeneratorSource<>(
        new GeneratorSplits<>(type, values, GeneratorSplits.Options.DEFAULT, null, null));
  }

  private GeneratorSource<T> with(GeneratorSplits.Options options) {
    return new GeneratorSource<>(splits.with(options));
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
    return with(splits.options().withCount(records));
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
    return with(splits.options().withRatePerSecond(records));
  }

  /**
   * {@return the same source in another number of splits: on how many tasks it can be spread}
   *
   * @param count at least 1; by default 4. Only with one are the records in order
   */
  public GeneratorSource<T> splits(int count) {
    if (count < 1) {
      throw new ConfigurationException(
          "Cannot generate in " + count + " splits: give a number of at least 1");
    }
    return with(splits.options().withSplits(count));
  }

  /** {@return the same source with event times read from the values} */
  public GeneratorSource<T> eventTime(TimestampFunction<T> timestamp) {
    return new GeneratorSource<>(splits.withEventTime(timestamp));
  }

  /** {@return the same source with watermarks, so that windows go by event time} */
  public GeneratorSource<T> watermarks(Watermarks<? super T> strategy) {
    return new GeneratorSource<>(splits.withWatermarks(strategy));
  }

  /** {@return the same source by another clock, for tests} */
  GeneratorSource<T> by(Clock other) {
    return with(splits.options().withClock(other));
  }

  SplitSource<T> asSplits() {
    return splits;
  }
}
