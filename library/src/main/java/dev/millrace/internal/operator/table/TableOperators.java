package dev.millrace.internal.operator.table;

import dev.millrace.function.RowFilter;
import dev.millrace.function.RowFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.table.TableRow;
import dev.millrace.table.Change;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The steps on tables. None has state: what such a step has made of a row before, it makes of it
 * again, provided that its function is deterministic.
 *
 * <p>Both sides of a change go through the function, and each side on which it fails is dropped by
 * the error policy like a record. The row is not there then, for whatever comes after the step: if
 * it is the new one, the old one is deleted; if it is the old one, it was dropped when it was new,
 * so that nothing is left to take back. So a change is never torn: at no time does a reader have a
 * row that the table no longer has.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class TableOperators {

  private TableOperators() {}

  /** {@return an operator that keeps the rows for which a predicate holds} */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output filter(RowFilter<?, ?> predicate, Guard guard, Output next) {
    RowFilter<Object, Object> typed = (RowFilter<Object, Object>) predicate;
    return (value, timeMs, kind) -> {
      Revision revision = (Revision) value;
      Object before = kept(typed, guard, revision.key(), revision.before());
      Object after = kept(typed, guard, revision.key(), revision.after());
      if (before == revision.before() && after == revision.after()) {
        next.emit(revision, timeMs, kind);
      } else if (before != null || after != null) {
        next.emit(new Revision(revision.key(), before, after), timeMs, kind);
      }
    };
  }

  private static @Nullable Object kept(
      RowFilter<Object, Object> predicate, Guard guard, Object key, @Nullable Object row) {
    if (row == null) {
      return null;
    }
    Boolean keep;
    try {
      keep = predicate.test(key, row);
    } catch (Exception e) {
      keep = guard.recover(new TableRow(key, row), e, () -> predicate.test(key, row));
    }
    return keep != null && keep ? row : null;
  }

  /** {@return an operator that turns each row into another with the same key} */
  @SuppressWarnings("unchecked") // the builder's types match what arrives
  public static Output map(RowFunction<?, ?, ?> function, Guard guard, Output next) {
    RowFunction<Object, Object, Object> typed = (RowFunction<Object, Object, Object>) function;
    return (value, timeMs, kind) -> {
      Revision revision = (Revision) value;
      Object before = mapped(typed, guard, revision.key(), revision.before());
      Object after = mapped(typed, guard, revision.key(), revision.after());
      if (!Objects.equals(before, after)) {
        next.emit(new Revision(revision.key(), before, after), timeMs, kind);
      }
    };
  }

  private static @Nullable Object mapped(
      RowFunction<Object, Object, Object> function, Guard guard, Object key, @Nullable Object row) {
    if (row == null) {
      return null;
    }
    try {
      return apply(function, key, row);
    } catch (Exception e) {
      return guard.recover(new TableRow(key, row), e, () -> apply(function, key, row));
    }
  }

  private static Object apply(RowFunction<Object, Object, Object> function, Object key, Object row)
      throws Exception {
    return Objects.requireNonNull(
        function.apply(key, row), "the function returned null; filter the row out instead");
  }

  /**
   * {@return an operator that emits what a reader of changes sees}
   *
   * @param sides whether the old row of an update is one of them
   */
  public static Output changes(Sides sides, Output next) {
    return (value, timeMs, kind) -> {
      Revision revision = (Revision) value;
      Object key = revision.key();
      Object before = revision.before();
      Object after = revision.after();
      if (after == null) {
        next.emit(change(Change.Kind.DELETE, key, before), timeMs, kind);
      } else if (before == null) {
        next.emit(change(Change.Kind.INSERT, key, after), timeMs, kind);
      } else {
        if (sides == Sides.BOTH) {
          next.emit(change(Change.Kind.UPDATE_BEFORE, key, before), timeMs, kind);
        }
        next.emit(change(Change.Kind.UPDATE_AFTER, key, after), timeMs, kind);
      }
    };
  }

  /** The sides of an update that a reader of changes wants to see. */
  public enum Sides {
    /** The old row, and then the new one. */
    BOTH,
    /** The new row only. */
    AFTER
  }

  private static Change<Object, Object> change(Change.Kind kind, Object key, @Nullable Object row) {
    if (row == null || row == Revision.UNREAD) {
      throw new IllegalStateException(
          "Cannot emit a change: the row was not read (" + kind + " of " + key + ")");
    }
    return new Change<>(kind, key, row);
  }

  /**
   * {@return an operator that takes each old row out of its group, and adds the new one to its own}
   */
  public static Output regroup(Output next) {
    return (value, timeMs, kind) -> {
      Revision revision = (Revision) value;
      Object before = revision.before();
      Object after = revision.after();
      if (before != null) {
        next.emit(new TableRow(revision.key(), before), timeMs, kind | FrameFormat.RETRACTION);
      }
      if (after != null) {
        next.emit(new TableRow(revision.key(), after), timeMs, kind);
      }
    };
  }
}
