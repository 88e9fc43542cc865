package dev.millrace.internal.operator;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.type.Types;
import java.util.Collection;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The calls of an aggregate's functions: each attempt to add an entry takes effect as a whole, or
 * leaves no trace.
 *
 * <p>A function may change its accumulator in place and fail then. Where the job stops at a failure
 * the abort undoes that. Where it goes on, or tries again, the accumulator of the failed call must
 * not be used any more: {@link Caution} describes the two ways to get back an intact one.
 * Accumulators that cannot be changed need neither way.
 *
 * <p>An attempt may be more than one call: sessions merge before they add, a trigger looks at what
 * was added. It begins with {@link #begin()} and, if anything in it throws, ends with {@link
 * #recover}.
 *
 * <p>Where records are passed on as objects, another step may have the same object; an accumulator
 * that is the record itself, as a reduce's first one is, is then exchanged for a copy.
 *
 * <p>I1: with caution off, {@code exposed} is set before a function gets an accumulator that is
 * still in use elsewhere; with caution on, none ever gets one.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class Folding {

  /** What an accumulator has of a record as an object, in multiples of the record's bytes. */
  private static final int OBJECT_PER_BYTES = 4;

  /** A record that is smaller has its object all the same. */
  private static final int SMALL_VALUE_BYTES = 16;

  private static final int UNKNOWN = -1;

  private final FoldFunction fold;

  /** Null where records are never taken back. */
  private final FoldFunction.@Nullable Retraction retraction;

  private final UnaryOperator<Object> copy;

  /** Null where a failed call needs no undoing. */
  private final @Nullable Caution caution;

  /** Whether the record itself must not become the accumulator. */
  private final boolean copiesRecords;

  /** Whether accumulators can be changed, so that they may have more and more in them. */
  private final boolean changes;

  /** The size of the accumulator before the last fold. */
  private int sizeBefore = UNKNOWN;

  /** A function got an accumulator, or a copy of one, in this attempt. */
  private boolean handedOver;

  private boolean exposed;

  /** The attempt before this one failed, and may have changed the record. */
  private boolean isFurther;

  private Folding(
      Fold fold,
      UnaryOperator<Object> copy,
      ErrorPolicy errors,
      Caution caution,
      boolean recordsAreShared) {
    boolean stops = errors.action() == ErrorPolicy.Action.FAIL && errors.retries() == 0;
    this.changes = !Types.isImmutable(fold.accumulatorType());
    this.fold = fold.function();
    this.retraction = fold.function().retraction();
    this.copy = copy;
    this.caution = changes && !stops ? caution : null;
    this.copiesRecords = changes && recordsAreShared;
  }

  /** {@return the calls of an operator's aggregate} */
  public static Folding of(Fold fold, UnaryOperator<Object> copy, OperatorContext context) {
    return new Folding(
        fold, copy, context.guard().policy(), context.caution(), context.sharesRecords());
  }

  /**
   * {@return the calls of an aggregate whose records other steps may have as well}
   *
   * @param copy copies its accumulators
   * @param errors the policy for entries on which it fails
   * @param caution the caution of the step in its worker
   */
  public static Folding ofSharedRecords(
      Fold fold, UnaryOperator<Object> copy, ErrorPolicy errors, Caution caution) {
    return new Folding(fold, copy, errors, caution, true);
  }

  /** Begins an attempt. */
  public void begin() {
    handedOver = false;
    exposed = false;
    isFurther = false;
  }

  /** {@return the accumulator of one record} */
  public Object first(Object value) throws Exception {
    return apart(fold.first(value), value);
  }

  private Object apart(Object accumulator, Object value) {
    return copiesRecords && fold.holds(accumulator, value) ? copy.apply(accumulator) : accumulator;
  }

  /** {@return the accumulator with one more record; the argument must not be used any more} */
  public Object add(Object accumulator, Object value) throws Exception {
    Caution known = caution;
    if (known == null) {
      return apart(fold.add(accumulator, value), value);
    }
    handedOver = true;
    if (known.isOn()) {
      return apart(fold.add(copy.apply(accumulator), value), value);
    }
    exposed = true;
    return apart(fold.add(accumulator, value), value);
  }

  /** {@return the accumulator of one record taken back} */
  public Object firstRetracted(Object value) throws Exception {
    return apart(retraction().first(value), value);
  }

  /**
   * {@return the accumulator with one record taken back; the argument must not be used any more}
   */
  public Object retract(Object accumulator, Object value) throws Exception {
    Caution known = caution;
    if (known == null) {
      return apart(retraction().retract(accumulator, value), value);
    }
    handedOver = true;
    if (known.isOn()) {
      return apart(retraction().retract(copy.apply(accumulator), value), value);
    }
    exposed = true;
    return apart(retraction().retract(accumulator, value), value);
  }

  private FoldFunction.Retraction retraction() {
    FoldFunction.Retraction known = retraction;
    if (known == null) {
      throw new IllegalStateException("Cannot take back a record: the aggregate has no retraction");
    }
    return known;
  }

  /** {@return the accumulator of both sides; the arguments must not be used any more} */
  public Object merge(Object left, Object right) throws Exception {
    Caution known = caution;
    if (known == null) {
      return fold.merge(left, right);
    }
    handedOver = true;
    if (known.isOn()) {
      return fold.merge(copy.apply(left), copy.apply(right));
    }
    exposed = true;
    return fold.merge(left, right);
  }

  /**
   * {@return the accumulator with the entry added: a record is folded in or taken back, a partial
   * result merged}
   */
  public Object fold(@Nullable Object accumulator, KeyedRecord record) throws Exception {
    sizeBefore = changes ? size(accumulator) : UNKNOWN;
    FoldFunction.Retraction known = retraction;
    return known == null
        ? unsettled(accumulator, record)
        : known.settled(unsettled(accumulator, record));
  }

  private Object unsettled(@Nullable Object accumulator, KeyedRecord record) throws Exception {
    Object value = isFurther ? record.valueAnew() : record.value();
    if (record.isPartial()) {
      if (accumulator == null) {
        // Settling may change the object, and fail: the next attempt needs it as it came.
        return retraction == null || caution == null ? value : copy.apply(value);
      }
      return merge(accumulator, value);
    }
    if (record.isRetraction()) {
      return accumulator == null ? firstRetracted(value) : retract(accumulator, value);
    }
    return accumulator == null ? first(value) : add(accumulator, value);
  }

  /** {@return the row's accumulator with the entry added, or null if the entry was dropped} */
  public @Nullable Object foldInto(Row<Object> row, KeyedRecord record, Guard guard) {
    Object folded = foldOnto(row.value(), record, guard);
    if (folded != null) {
      row.set(folded);
      noteGrowth(row, record, folded);
    }
    return folded;
  }

  /** Notes of a row that has just been set by how much it has grown with what it got last. */
  public void noteGrowth(Row<Object> row, KeyedRecord record, Object folded) {
    int bytes = changes ? grownBytes(record, folded) : 0;
    if (bytes > 0) {
      row.grew(bytes);
    }
  }

  /** {@return the accumulator with the entry added, or null if the entry was dropped} */
  public @Nullable Object foldOnto(@Nullable Object accumulator, KeyedRecord record, Guard guard) {
    begin();
    try {
      return fold(accumulator, record);
    } catch (Exception e) {
      return recover(guard, e, () -> fold(accumulator, record));
    }
  }

  /**
   * {@return about how much more memory the accumulator takes that an entry was folded into last}
   *
   * <p>A collection shows whether it has grown; any other accumulator is taken to have each of its
   * records.
   */
  public int grownBytes(KeyedRecord record, Object folded) {
    int size = size(folded);
    return size != UNKNOWN && size <= sizeBefore ? 0 : bytesOfObject(record.valueLength());
  }

  /** {@return about how much memory the object takes that a value of so many bytes is} */
  public static int bytesOfObject(int valueLength) {
    return OBJECT_PER_BYTES * Math.max(SMALL_VALUE_BYTES, valueLength);
  }

  private static int size(@Nullable Object accumulator) {
    if (accumulator instanceof Collection<?> values) {
      return values.size();
    }
    return accumulator instanceof Map<?, ?> values ? values.size() : UNKNOWN;
  }

  /**
   * Deals with a failed first attempt: tries again as often as the policy allows, then drops the
   * entry.
   *
   * @return the result of a later attempt, or null if the entry was dropped
   * @throws InDoubtException if there is no way back to the accumulators as they were
   */
  public <R> @Nullable R recover(Guard guard, Exception first, Guard.NullableAttempt<R> again) {
    throwIfInDoubt(first);
    return guard.recoverNullable(null, first, () -> attempt(again));
  }

  /** The first attempt may have failed before it got an accumulator, and a later one after. */
  private <R> @Nullable R attempt(Guard.NullableAttempt<R> again) throws Exception {
    begin();
    isFurther = true;
    try {
      return again.call();
    } catch (Exception e) {
      throwIfInDoubt(e);
      throw e;
    }
  }

  /**
   * Takes note of a failed attempt; rethrows what is no failure of the functions.
   *
   * @throws InDoubtException if there is no way back to the accumulators as they were
   */
  public void throwIfInDoubt(Exception cause) {
    Guard.throwIfOfJob(cause);
    Caution known = caution;
    // An attempt that fails before a function got an accumulator (at a key's first record, or in a
    // session's gap function) has changed none: it is no reason to make copies.
    if (known != null && handedOver) {
      known.raise();
      if (exposed) {
        throw new InDoubtException(cause);
      }
    }
  }
}
