package dev.millrace.internal.plan;

import dev.millrace.internal.plan.StoreSpec.Content;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.FiringRow;
import dev.millrace.internal.window.PaneRow;
import dev.millrace.internal.window.SessionRow;
import dev.millrace.internal.window.SliceRow;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/** The rows that each kind of window keeps. */
final class WindowStores {

  /** A row is written as a whole: many slices are worth it only if they are short. */
  private static final int SHORT_SLICES_PER_ROW = 16;

  private static final String EMITTED = "emitted";
  private static final String PROGRESS = "progress";

  private WindowStores() {}

  static List<StoreSpec> of(StageWindowAggregate window) {
    Type accumulator = window.fold().accumulatorType();
    Type result = window.fold().resultType();
    if (window.window() instanceof WindowKind.Session) {
      return List.of(
          StoreSpec.of(
              Content.WINDOWS, "", Types.parameterized(SessionRow.class, accumulator, result)),
          new StoreSpec("timers", Boolean.class));
    }
    if (window.window() instanceof WindowKind.Global) {
      return List.of(
          StoreSpec.of(Content.WINDOWS, "", Types.parameterized(PaneRow.class, accumulator)),
          new StoreSpec("timers", Boolean.class));
    }
    StoreSpec slices = StoreSpec.of(Content.WINDOWS, "", accumulator);
    StoreSpec progress = new StoreSpec(PROGRESS, FiringRow.class);
    if (window.rules().changes()) {
      return List.of(slices, new StoreSpec(EMITTED, result), progress);
    }
    return sliceRows(window).isPresent()
        ? List.of(
            StoreSpec.of(Content.WINDOWS, "", Types.parameterized(SliceRow.class, accumulator)),
            progress)
        : List.of(slices);
  }

  static StateForm formOf(StageWindowAggregate window, StoreSpec store) {
    if (store.suffix().equals(EMITTED)) {
      return new StateForm.Emitted(window.window(), window.fold().resultType());
    }
    if (!store.suffix().isEmpty()) {
      return new StateForm.OwnUse("the times and the progress of windows");
    }
    if (window.window() instanceof WindowKind.Session) {
      return new StateForm.Sessions(window.fold());
    }
    if (window.window() instanceof WindowKind.Global) {
      return new StateForm.Panes(window.fold());
    }
    boolean overlap = Slicing.of(window.window()).map(Slicing::overlaps).orElse(false);
    return overlap
        ? new StateForm.Slices(
            window.window(),
            window.fold(),
            window.domain(),
            window.rules().latenessMs(),
            sliceRows(window),
            window.rules().changes() ? Optional.of(PROGRESS) : Optional.empty())
        : new StateForm.Windows(window.window(), window.fold());
  }

  /** {@return which slices share a row, if the windows overlap and their results are final} */
  static Optional<SliceRows> sliceRows(StageWindowAggregate window) {
    if (window.rules().changes()
        || !Slicing.of(window.window()).map(Slicing::overlaps).orElse(false)) {
      return Optional.empty();
    }
    int most = Types.isShort(window.fold().accumulatorType()) ? SHORT_SLICES_PER_ROW : 1;
    return Optional.of(SliceRows.of(window.window(), most));
  }
}
