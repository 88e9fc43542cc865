package dev.millrace.internal.fold;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.function.ReduceFunction;
import dev.millrace.function.ToLongFunction;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.aggregate.Spreading;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of an incremental aggregate.
 *
 * <p><b>Threads.</b> Stateless; user code inside is called by one worker at a time per accumulator.
 */
public interface FoldFunction {

  /** {@return the accumulator of one record} */
  Object first(Object value) throws Exception;

  /** {@return the accumulator with one more record; may be the changed argument} */
  Object add(Object accumulator, Object value) throws Exception;

  /** {@return the accumulator of both sides; may be the changed left argument} */
  Object merge(Object left, Object right) throws Exception;

  /** {@return the result of an accumulator that is not deleted} */
  Object finish(Object accumulator) throws Exception;

  /** {@return the number a record adds, if this is a plain sum of 64-bit numbers; else null} */
  default @Nullable ToLongFunction<Object> longSum() {
    return null;
  }

  /** {@return whether accumulators are known to grow with what they have seen} */
  default boolean grows() {
    return false;
  }

  /** {@return how many values of records an accumulator has in it; 0 if it is not known to grow} */
  default int valuesIn(Object accumulator) {
    return 0;
  }

  /** {@return the steps that take records back, or null if the aggregate has none} */
  default @Nullable Retraction retraction() {
    return null;
  }

  /**
   * The steps of an aggregate that can take back records that were added before.
   *
   * <p>An accumulator may stand for more records taken back than added; {@link FoldFunction#merge}
   * takes it like any other, and taking a record back undoes adding it, whatever lies in between.
   */
  interface Retraction {

    /** {@return the accumulator of one record taken back} */
    Object first(Object value) throws Exception;

    /** {@return the accumulator with one record taken back; may be the changed argument} */
    Object retract(Object accumulator, Object value) throws Exception;

    /**
     * {@return whether merging an accumulator changes nothing; asked where as many records were
     * taken back as were added}
     */
    boolean isNeutral(Object accumulator) throws Exception;

    /**
     * {@return whether a partial result has so much in it that the next record should begin another
     * one}
     */
    default boolean isLarge(Object accumulator) {
      return false;
    }

    /**
     * {@return partial results that merge to this one, for a record that it does not fit into;
     * empty if it cannot be divided}
     */
    default List<Part> divided(Object accumulator) {
      return List.of();
    }

    /**
     * A part of a partial result.
     *
     * @param records how many records were added to it, less those taken back
     */
    record Part(Object accumulator, long records) {}

    /** {@return the accumulator as rows have it; may be the changed argument} */
    default Object settled(Object accumulator) throws Exception {
      return accumulator;
    }
  }

  /** {@return the values that may be kept in rows of their own; null if the aggregate has none} */
  default @Nullable Spreading<Object, Object> spreading() {
    return null;
  }

  /** {@return whether a record may delete what was there, so that {@link #isDeleted} is asked} */
  default boolean deletes() {
    return false;
  }

  /** {@return whether an accumulator stands for a row that is deleted} */
  default boolean isDeleted(Object accumulator) {
    return false;
  }

  /**
   * {@return whether the accumulator of a record that was just added is, or has in it, the record
   * itself}
   *
   * <p>It is exchanged for a copy then, where others may have the record and the accumulator will
   * be changed in place.
   */
  default boolean holds(Object accumulator, Object value) {
    return accumulator == value;
  }

  /**
   * {@return the function that makes the row of a record, or null if it deletes it, where the
   * newest record is all that counts; null if others do}
   */
  default @Nullable UpsertFunction<?, ?> rowOfNewest() {
    return null;
  }

  /**
   * {@return what a user's function gave, which must be there: null would make nothing of all the
   * records before it}
   *
   * @param function what was called
   */
  static <R> R given(@Nullable R result, String function) {
    if (result == null) {
      throw new NullPointerException(
          function + " returned null, which is neither an accumulator nor a result");
    }
    return result;
  }

  /** {@return the steps of a reduce, whose accumulator is the value itself} */
  static FoldFunction of(ReduceFunction<?> reduce) {
    return new ReduceFold(reduce);
  }

  /** {@return the steps that keep the newest record} */
  static FoldFunction latest() {
    return new LatestFold();
  }

  /** {@return the steps that keep the newest row; their accumulators are {@link Upserted}} */
  static FoldFunction upserts(UpsertFunction<?, ?> row) {
    return new UpsertFold(row);
  }

  /** {@return the steps of a public aggregation, of records that are never taken back} */
  static FoldFunction of(Aggregation<?, ?, ?> aggregation) {
    return new AggregationFold(aggregation, null);
  }

  /** {@return the steps of a public aggregation, with those that take records back} */
  static FoldFunction retracting(RetractableAggregation<?, ?, ?> aggregation) {
    return new AggregationFold(aggregation, aggregation);
  }

  /**
   * {@return the steps of a reduce that can take records back; its accumulators are {@link Netted}}
   *
   * @param subtract undoes the function that adds
   */
  static FoldFunction of(ReduceFunction<?> add, ReduceFunction<?> subtract) {
    return new NettedFold(add, subtract);
  }
}
