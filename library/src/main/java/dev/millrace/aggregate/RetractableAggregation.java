package dev.millrace.aggregate;

import java.util.Optional;

/**
 * An aggregate that can take back records which were added before, as the groups of a table need
 * it, whose rows change and are deleted.
 *
 * <p><b>Contract.</b> {@code retract(add(a, v), v)} stands for the same records as {@code a}, even
 * if other records are added, retracted or merged in between. Before a shuffle a record may be
 * retracted from an accumulator that it was never added to, which then stands for one record fewer
 * than none; a merge with one that has the record takes it back. So {@link #create}, {@link #add},
 * {@link #retract} and {@link #merge} do not depend on order. {@code finish} is called only where
 * at least one record is left. As {@code add}, {@code retract} may change and return its first
 * argument, and may keep the second but not change it.
 *
 * <p>On a stream, where nothing is taken back, {@code retract} is never called, and no records are
 * counted.
 *
 * <p><b>Errors.</b> A {@code retract} that throws leaves no trace: the step's error policy takes
 * the record.
 *
 * <pre>{@code
 * final class Balance implements RetractableAggregation<Booking, Long, Long> {
 *   public Long create() { return 0L; }
 *   public Long add(Long cents, Booking booking) { return cents + booking.cents(); }
 *   public Long retract(Long cents, Booking booking) { return cents - booking.cents(); }
 *   public Long merge(Long left, Long right) { return left + right; }
 *   public Long finish(Long cents) { return cents; }
 * }
 * }</pre>
 *
 * @param <T> the records
 * @param <A> the accumulator
 * @param <R> the result
 */
public interface RetractableAggregation<T, A, R> extends Aggregation<T, A, R> {

  /** {@return the accumulator with one record taken back that equals one added before} */
  A retract(A accumulator, T value) throws Exception;

  /**
   * {@return whether merging an accumulator changes nothing: what it stands for has been taken back
   * one by one}
   *
   * <p>Asked before a shuffle, of accumulators with as many records taken back as added; those that
   * are neutral do not travel. To answer false is always right.
   */
  default boolean isNeutral(A accumulator) throws Exception {
    return accumulator.equals(create());
  }

  @Override
  default Optional<RetractableAggregation<T, ?, R>> retractable() {
    return Optional.of(this);
  }
}
