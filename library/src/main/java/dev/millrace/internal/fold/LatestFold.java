package dev.millrace.internal.fold;

import dev.millrace.function.UpsertFunction;

/**
 * The steps that keep the newest record of each key, in the order of arrival. Accumulators are only
 * ever replaced, so that they may be records that others have as well.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class LatestFold implements FoldFunction {

  private static final UpsertFunction<Object, Object> ITSELF = value -> value;

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
  public UpsertFunction<?, ?> rowOfNewest() {
    return ITSELF;
  }

  @Override
  public boolean holds(Object accumulator, Object value) {
    return false;
  }
}
