package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.window.EmissionKind;
import java.util.Arrays;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The results that windows emit while they are open, once per period of the worker's clock: which
 * of them have changed since the last time, and when the next time is.
 *
 * <p>Changes are known in memory only; after a restart all windows count as changed.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class EarlyResults {

  private final boolean wanted;
  private final long periodMs;
  private final TransactionRoom room;
  private final NavigableSet<byte[]> changed = new TreeSet<>(Arrays::compareUnsigned);
  private long lastMs = Long.MIN_VALUE;
  private boolean everythingChanged = true;

  EarlyResults(EmissionKind emission, TransactionRoom room) {
    this.wanted = emission instanceof EmissionKind.Every;
    this.periodMs = emission instanceof EmissionKind.Every every ? every.periodMs() : 0;
    this.room = room;
  }

  /** {@return whether windows emit results while they are open, as the clock moves on} */
  boolean areWanted() {
    return wanted;
  }

  /** Notes that a window has changed. */
  void note(byte[] window) {
    changed.add(window);
  }

  /**
   * Emits the results of windows that have changed, if it is time.
   *
   * @param noteEverything notes all windows that are open
   * @param emit emits the result of a window that was noted, if it is still open
   */
  ClockOutcome onClock(long wallMs, Runnable noteEverything, Consumer<byte[]> emit) {
    if (!wanted) {
      return ClockOutcome.NOTHING;
    }
    if (lastMs == Long.MIN_VALUE) {
      lastMs = wallMs;
    }
    if (wallMs - lastMs < periodMs) {
      return ClockOutcome.NOTHING;
    }
    if (everythingChanged) {
      everythingChanged = false;
      noteEverything.run();
    }
    boolean any = !changed.isEmpty();
    while (!changed.isEmpty()) {
      if (!room.isLeft()) {
        return ClockOutcome.MORE;
      }
      byte[] window = changed.first();
      changed.remove(window);
      emit.accept(window);
    }
    lastMs = wallMs;
    return any ? ClockOutcome.DONE : ClockOutcome.NOTHING;
  }
}
