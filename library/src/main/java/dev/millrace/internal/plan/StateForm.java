package dev.millrace.internal.plan;

import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.window.SliceRows;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * The meaning of the committed rows of a store, for those who ask for state: what a row's key is
 * made of, and how the value that programs know comes out of rows.
 *
 * <p>At a commit rows have everything that an operator keeps: what it has in memory only, it writes
 * before.
 */
public sealed interface StateForm {

  /**
   * {@return the type of the values that come out; for those of a state that is a list or a map, of
   * its elements or of the values in it}
   */
  Type valueType();

  /**
   * A value for each key, as it is or in a row that keeps more than it.
   *
   * @param valueType the value's type
   */
  record Rows(Type valueType) implements StateForm {}

  /**
   * The accumulator of each key's running aggregate.
   *
   * @param fold makes results of accumulators
   */
  record Aggregates(Fold fold) implements StateForm {
    @Override
    public Type valueType() {
      return fold.resultType();
    }
  }

  /**
   * A row for each key and window, by the window's end, then the key.
   *
   * @param window windows that do not overlap
   * @param fold makes results of accumulators
   */
  record Windows(WindowKind window, Fold fold) implements StateForm {
    @Override
    public Type valueType() {
      return fold.resultType();
    }
  }

  /**
   * The slices that windows share, by an end, then the key. A slice goes when the last of its
   * windows has gone, so a window that has gone lacks some: those are not to be shown. Windows that
   * had gone before the lateness was raised are gone all the same.
   *
   * @param window windows that overlap
   * @param fold puts slices together and makes results of them
   * @param domain the time that windows go by
   * @param latenessMs how long after its end a window goes
   * @param layout which slices share a row; empty if each has one
   * @param progress the suffix of the store that knows which windows had gone by then; empty if
   *     windows cannot be corrected
   */
  record Slices(
      WindowKind window,
      Fold fold,
      TimeDomain domain,
      long latenessMs,
      Optional<SliceRows> layout,
      Optional<String> progress)
      implements StateForm {
    @Override
    public Type valueType() {
      return fold.resultType();
    }
  }

  /**
   * The results of windows that were emitted last, by the window's end, then the key.
   *
   * @param window windows, which may overlap
   */
  record Emitted(WindowKind window, Type valueType) implements StateForm {}

  /**
   * A row for each key with all of its sessions.
   *
   * @param fold makes results of accumulators
   */
  record Sessions(Fold fold) implements StateForm {
    @Override
    public Type valueType() {
      return fold.resultType();
    }
  }

  /**
   * A row for each key with the records since its last firing.
   *
   * @param fold makes results of accumulators
   */
  record Panes(Fold fold) implements StateForm {
    @Override
    public Type valueType() {
      return fold.resultType();
    }
  }

  /**
   * A state that a process function declares.
   *
   * @param state its declaration
   * @param lengths the suffix of the store with the lengths of lists; empty for other kinds
   */
  record Declared(HandleSpec state, Optional<String> lengths) implements StateForm {
    @Override
    public Type valueType() {
      return state.valueType();
    }
  }

  /**
   * Rows that mean nothing to anybody but their operator.
   *
   * @param content what they are
   */
  record OwnUse(String content) implements StateForm {
    @Override
    public Type valueType() {
      return Void.class;
    }
  }
}
