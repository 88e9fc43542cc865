package dev.millrace.internal.operator;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.time.TimeDomain;
import java.util.function.UnaryOperator;

/**
 * The part of a task that a keyed operator may use.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface OperatorContext {

  /**
   * {@return the rows of one of its stores}
   *
   * @param suffix of the store's name, empty for the main one
   */
  RowStore<Object> rows(String suffix);

  /** {@return the codec of its keys} */
  KeyCodec<Object> keys();

  /** {@return the guard that carries out its error policy} */
  Guard guard();

  /** {@return the caution: whether its functions get copies of accumulators, since calls failed} */
  Caution caution();

  /**
   * {@return whether others may have its records as well: it must not change them then, nor keep
   * them as what it changes}
   */
  default boolean sharesRecords() {
    return false;
  }

  /** {@return the output for its results} */
  Output next();

  /** {@return the output of a side output's tag; {@link Output#NONE} if nobody reads it} */
  Output side(String tag);

  /** {@return the counters of late records} */
  LateRecords late();

  /** {@return the counters of matches} */
  default MatchCounts matches() {
    return MatchCounts.NONE;
  }

  /**
   * {@return the function that copies a store's values, or returns them if they cannot be changed}
   *
   * @param suffix of the store's name, empty for the main one
   */
  UnaryOperator<Object> copying(String suffix);

  /**
   * {@return the check whether rows of a store can be written}
   *
   * @param suffix of the store's name, empty for the main one
   */
  default RowCheck checking(String suffix) {
    return RowCheck.NONE;
  }

  /** {@return how much memory the operator may use to cache the contents of its rows} */
  long cacheBytes();

  /** {@return how large the keys of an entry may be together, to fit into any shuffle's frames} */
  int largestKeyBytes();

  /** {@return the worker's clock, milliseconds since the epoch} */
  long clockMs();

  /** {@return whether the open transaction can take more} */
  TransactionRoom room();

  /**
   * {@return the input watermark at the last commit, up to which everything has fired, milliseconds
   * since the epoch}
   */
  long firedUpTo(TimeDomain domain);

  /**
   * {@return the watermark of one input at present: no record older than that is expected from it;
   * milliseconds since the epoch}
   *
   * <p>It is at least the time up to which the operator has fired, and later than that while other
   * inputs hold the task back: what waits for records of this input alone may be settled by it.
   */
  long inputTime(TimeDomain domain, int input);

  /**
   * {@return the output watermark at the last commit, the last one sent downstream; results should
   * not be older; milliseconds since the epoch}
   */
  default long toldUpTo() {
    return firedUpTo(TimeDomain.EVENT);
  }
}
