package dev.millrace.internal.fold;

import dev.millrace.function.UpsertFunction;
import java.util.Objects;

/**
 * The steps that keep the newest row of each key, in the order of arrival, until a record deletes
 * it.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class UpsertFold implements FoldFunction {

  private final UpsertFunction<Object, Object> function;

  @SuppressWarnings("unchecked") // by the builder's types, T is what arrives
  UpsertFold(UpsertFunction<?, ?> function) {
    this.function = (UpsertFunction<Object, Object>) function;
  }

  @Override
  public Object first(Object value) throws Exception {
    return new Upserted<>(function.apply(value));
  }

  @Override
  public Object add(Object accumulator, Object value) throws Exception {
    return first(value);
  }

  @Override
  public Object merge(Object left, Object right) {
    return right;
  }

  @Override
  public Object finish(Object accumulator) {
    return Objects.requireNonNull(((Upserted<?>) accumulator).row(), "the row is deleted");
  }

  @Override
  public UpsertFunction<?, ?> rowOfNewest() {
    return function;
  }

  @Override
  public boolean holds(Object accumulator, Object value) {
    return false;
  }

  @Override
  public boolean deletes() {
    return true;
  }

  @Override
  public boolean isDeleted(Object accumulator) {
    return ((Upserted<?>) accumulator).row() == null;
  }
}
