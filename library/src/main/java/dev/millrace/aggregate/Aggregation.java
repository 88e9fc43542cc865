package dev.millrace.aggregate;

import dev.millrace.serde.TypeRef;
import java.io.Serializable;
import java.util.Optional;

/**
 * An aggregate that is built record by record and whose partial results can be merged.
 *
 * <p><b>Contract.</b> {@code merge} is associative, and {@code merge(fold(a), fold(b))} equals
 * {@code fold(a ++ b)}: Millrace aggregates on both sides of a shuffle. {@code add} and {@code
 * merge} may change and return their first argument, and may keep the second but not change it.
 * {@code finish} may hand out the accumulator or parts of it, and must not change it.
 *
 * <p><b>Errors.</b> An {@code add} or {@code merge} that throws leaves no trace, whatever it has
 * changed before: the step's error policy takes the record. With a mutable accumulator this may
 * repeat the open transaction. Where the {@code finish} of a window throws, or the {@code merge} of
 * its slices, the policy takes the result of that key and window; only a {@code finish} is retried.
 * In a running aggregate, without windows, a {@code finish} that throws stops the job. A method
 * that returns null has failed, too.
 *
 * <pre>{@code
 * final class Range implements Aggregation<Reading, Bounds, Double> {
 *   public Bounds create() { return Bounds.NONE; }
 *   public Bounds add(Bounds bounds, Reading reading) { return bounds.with(reading.celsius()); }
 *   public Bounds merge(Bounds left, Bounds right) { return left.with(right); }
 *   public Double finish(Bounds bounds) { return bounds.high() - bounds.low(); }
 * }
 * }</pre>
 *
 * <p><b>State.</b> One accumulator per key (and window), written once per transaction.
 *
 * <p><b>Threads.</b> Called by one worker at a time for a given accumulator; keeps no state of its
 * own.
 *
 * @param <T> the records
 * @param <A> the accumulator
 * @param <R> the result
 */
public interface Aggregation<T, A, R> extends Serializable {

  /** {@return the accumulator of no records} */
  A create();

  /** {@return the accumulator with one more record} */
  A add(A accumulator, T value) throws Exception;

  /** {@return the accumulator of both sides' records} */
  A merge(A left, A right) throws Exception;

  /** {@return the result of an accumulator} */
  R finish(A accumulator) throws Exception;

  /**
   * {@return the type of the accumulator, which is kept in state}
   *
   * <p>It is read from the class, which names it where it implements this interface; override it
   * where the class has type parameters of its own in that place.
   */
  default TypeRef<A> accumulatorType() {
    return TypeArguments.of(this, TypeArguments.ACCUMULATOR);
  }

  /** {@return the type of the result, read from the class like that of the accumulator} */
  default TypeRef<R> resultType() {
    return TypeArguments.of(this, TypeArguments.RESULT);
  }

  /**
   * {@return the same aggregate in a form that can take records back, for the groups of a table;
   * empty if there is none}
   *
   * <p>It may have another accumulator, which keeps more than an aggregate needs that never loses
   * records.
   */
  default Optional<RetractableAggregation<T, ?, R>> retractable() {
    return Optional.empty();
  }
}
