package dev.millrace.internal.operator;

import dev.millrace.internal.codec.KeyCodec;
import dev.millrace.internal.state.RowStore;
import dev.millrace.time.TimeDomain;
import java.util.function.UnaryOperator;

/**
 * What a keyed operator is given of its task.
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

  /** {@return what carries out its error policy} */
  Guard guard();

  /** {@return whether its functions get copies of accumulators, since calls have failed} */
  Caution caution();

  /** {@return where its results go} */
  Output next();

  /** {@return where the values of a side output go; {@link Output#NONE} if nobody reads it} */
  Output side(String tag);

  /** {@return what late records are counted by} */
  LateRecords late();

  /**
   * {@return what makes copies of a store's values, or hands them back if they cannot be changed}
   *
   * @param suffix of the store's name, empty for the main one
   */
  UnaryOperator<Object> copying(String suffix);

  /** {@return how much memory the operator may use for what it could read from its rows} */
  long cacheBytes();

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
   * {@return the output watermark at the last commit: what downstream was told, hence what results
   * should not come behind; milliseconds since the epoch}
   */
  default long toldUpTo() {
    return firedUpTo(TimeDomain.EVENT);
  }
}
