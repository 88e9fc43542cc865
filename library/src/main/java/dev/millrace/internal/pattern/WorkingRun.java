package dev.millrace.internal.pattern;

import org.jspecify.annotations.Nullable;

/**
 * A run as a step of the matcher has changed it.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class WorkingRun {

  /** The run before this step; null if it is new. */
  final @Nullable Run before;

  final int place;
  final long id;
  final @Nullable WorkingRun parent;
  final long event;
  final long start;
  final long startMs;
  final long lastMs;
  long open;
  long completed;
  int children;
  boolean isGone;

  /** Creates one that is there already. */
  WorkingRun(Run run, @Nullable WorkingRun parent) {
    this.before = run;
    this.place = run.place();
    this.id = run.id();
    this.parent = parent;
    this.event = run.event();
    this.start = run.start();
    this.startMs = run.startMs();
    this.lastMs = run.lastMs();
    this.open = run.open();
    this.completed = run.completed();
    this.children = run.children();
  }

  /** Creates a new one, which has taken an event. */
  WorkingRun(int place, long id, @Nullable WorkingRun parent, long event, long timeMs) {
    this.before = null;
    this.place = place;
    this.id = id;
    this.parent = parent;
    this.event = event;
    this.start = parent == null ? event : parent.start;
    this.startMs = parent == null ? timeMs : parent.startMs;
    this.lastMs = timeMs;
  }

  /** {@return whether something may come of it} */
  boolean isLive() {
    return !isGone && open != 0;
  }

  /** {@return whether it is a match that waits to be emitted} */
  boolean waits() {
    return !isGone && completed > 0;
  }

  /** {@return whether it was live before this step} */
  boolean wasLive() {
    return before != null && before.open() != 0;
  }

  /** {@return whether it was a match that waits before this step} */
  boolean waited() {
    return before != null && before.completed() > 0;
  }
}
