package dev.millrace.internal.plan;

import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.util.Saturating;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowFunction;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/** An aggregate per key and window; emits one final result each, or changes. */
public record StageWindowAggregate(
    Fold fold,
    Type keyType,
    WindowKind window,
    TimeDomain domain,
    WindowRules rules,
    Optional<WindowFunction<?, ?, ?>> function)
    implements StageOperator.Keyed {
  @Override
  public List<StoreSpec> stores() {
    return WindowStores.of(this);
  }

  /** {@return which slices share a row; empty if rows are no rows of slices} */
  public Optional<SliceRows> sliceRows() {
    return WindowStores.sliceRows(this);
  }

  @Override
  public StateForm formOf(StoreSpec store) {
    return WindowStores.formOf(this, store);
  }

  @Override
  public String describeState() {
    return window.describe()
        + " by "
        + keyType.getTypeName()
        + sliceRows().map(rows -> ", rows of " + rows.rowMs() + " ms").orElse("");
  }

  /** The common divisor of its bounds, in the time that it goes by. */
  @Override
  public Granularity granularity() {
    long bounds = Slicing.of(window).map(Slicing::granularityMs).orElse(1L);
    return domain == TimeDomain.EVENT ? Granularity.ofEvents(bounds) : Granularity.ofClock(bounds);
  }

  /** The lateness it allows, and one more for sessions, which close when time is past their end. */
  @Override
  public long holdsBackMs() {
    if (domain != TimeDomain.EVENT) {
      return 0;
    }
    return Saturating.add(rules.latenessMs(), window instanceof WindowKind.Session ? 1 : 0);
  }

  @Override
  public Optional<String> boundToEnd() {
    return Optional.of(
        "has emitted its windows at the end of the input, so that new records could not be added"
            + " to them");
  }

  @Override
  public String describe() {
    return "window "
        + window.describe()
        + " in "
        + (domain == TimeDomain.EVENT ? "event time" : "processing time")
        + rules.describe();
  }
}
