package dev.millrace.internal.plan;

import dev.millrace.internal.aggregate.Spreading;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * A running aggregate per key; emits changes.
 *
 * @param needsBefore whether the old row of an update is emitted
 * @param times whether rows keep the times of their records; not worth it where these mean nothing
 */
public record StageAggregate(Fold fold, Type keyType, boolean needsBefore, RowTimes times)
    implements StageOperator.Keyed {

  /** The suffix of the store with the values of large groups. */
  public static final String VALUES = "values";

  @Override
  public List<StoreSpec> stores() {
    StoreSpec main = new StoreSpec("", fold.rowType(), times);
    Spreading<Object, Object> spreading = fold.function().spreading();
    if (spreading == null) {
      return List.of(main);
    }
    // Values of one rank share a row.
    boolean ranked = spreading.result() == Spreading.Result.HIGHEST;
    Type values = ranked ? fold.accumulatorType() : Long.class;
    return List.of(main, new StoreSpec(VALUES, values));
  }

  @Override
  public boolean takesRetractions() {
    return fold.takesRetractions();
  }

  @Override
  public String describeState() {
    return "aggregate by "
        + keyType.getTypeName()
        + (fold.takesRetractions() ? ", counting records" : "");
  }

  @Override
  public String describeState(StoreSpec store) {
    Spreading<Object, Object> spreading = fold.function().spreading();
    return store.suffix().equals(VALUES) && spreading != null
        ? "values of "
            + spreading.orderClass().getTypeName()
            + " for "
            + spreading.result().description()
            + " by "
            + keyType.getTypeName()
        : describeState();
  }

  @Override
  public StateForm formOf(StoreSpec store) {
    return store.suffix().isEmpty()
        ? new StateForm.Aggregates(fold)
        : new StateForm.OwnUse("the values of large groups");
  }

  @Override
  public Granularity granularity() {
    return Granularity.NONE;
  }

  @Override
  public long holdsBackMs() {
    return 0;
  }

  @Override
  public Optional<String> boundToEnd() {
    return Optional.empty();
  }

  @Override
  public String describe() {
    return fold.function().rowOfNewest() == null ? "aggregate" : "newest row of each key";
  }
}
