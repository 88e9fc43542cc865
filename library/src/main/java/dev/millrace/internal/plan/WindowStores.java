package dev.millrace.internal.plan;

import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.FiringRow;
import dev.millrace.internal.window.PaneRow;
import dev.millrace.internal.window.SessionRow;
import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.Slicing;
import dev.millrace.window.WindowSpec;
import java.lang.reflect.Type;
import java.util.List;

/** Which rows each kind of window keeps. */
final class WindowStores {

  private WindowStores() {}

  static List<StoreSpec> of(StageOperator.WindowAggregate window) {
    Type accumulator = window.fold().accumulatorType();
    Type result = window.fold().resultType();
    if (window.window() instanceof WindowSpec.Session) {
      return List.of(
          new StoreSpec("", Types.parameterized(SessionRow.class, accumulator, result)),
          new StoreSpec("timers", Boolean.class));
    }
    if (window.window() instanceof WindowSpec.Global) {
      return List.of(
          new StoreSpec("", Types.parameterized(PaneRow.class, accumulator)),
          new StoreSpec("timers", Boolean.class));
    }
    StoreSpec slices = new StoreSpec("", accumulator);
    StoreSpec firing = new StoreSpec("firing", FiringRow.class);
    if (window.rules().changes()) {
      return List.of(slices, new StoreSpec("said", result), firing);
    }
    return Slicing.of(window.window()).orElseThrow().overlaps()
        ? List.of(new StoreSpec("", Types.parameterized(SliceRow.class, accumulator)), firing)
        : List.of(slices);
  }
}
