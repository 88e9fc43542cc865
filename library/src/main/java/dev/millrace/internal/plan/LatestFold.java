package dev.millrace.internal.plan;

/**
 * The steps that keep the newest record of each key, in the order of arrival. Accumulators are only
 * ever replaced, so that they may be records that others have as well.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class LatestFold implements FoldFunction {

  @Override
  public Object first(Object value) {
    return value;
  }

  @Override
  public Object add(Object accumulator, Object value) {
    return value;
  }

  @Override
  public Object merge(Object left, Object right) {
    return right;
  }

  @Override
  public Object finish(Object accumulator) {
    return accumulator;
  }

  @Override
  public boolean holds(Object accumulator, Object value) {
    return false;
  }
}
