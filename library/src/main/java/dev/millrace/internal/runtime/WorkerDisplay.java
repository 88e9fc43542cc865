package dev.millrace.internal.runtime;

import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.util.Clock;
import java.time.Duration;

/**
 * The view that other threads have of a worker while it works: its phase, its tasks, its gauges,
 * and for how long it has been in the present round of its loop.
 *
 * <p><b>Threads.</b> {@link #view} and {@link #roundTime} are safe for any thread; all else is
 * confined to the worker.
 */
final class WorkerDisplay {

  private static final long NO_ROUND = Long.MIN_VALUE;

  private final WorkerPhases phases;
  private final TaskViews views;
  private final WorkerGauges gauges;
  private final long intervalNanos;
  private final Clock clock;
  private long publishedNanos;
  private volatile WorkerView view;

  /** When the present round of the loop began. */
  private volatile long roundNanos = NO_ROUND;

  WorkerDisplay(
      Rhythm rhythm, WorkerPhases phases, TaskViews views, WorkerGauges gauges, Clock clock) {
    this.phases = phases;
    this.view = WorkerView.without(phases);
    this.views = views;
    this.gauges = gauges;
    this.intervalNanos = rhythm.views().toNanos();
    this.clock = clock;
  }

  /** {@return the worker with its tasks, as of a moment ago} */
  WorkerView view() {
    return view;
  }

  /** {@return for how long the present round of the loop has lasted; zero if there is none} */
  Duration roundTime() {
    long began = roundNanos;
    return began == NO_ROUND ? Duration.ZERO : Duration.ofNanos(Math.max(0, clock.nanos() - began));
  }

  /** Notes that a round begins. */
  void roundBegins() {
    roundNanos = clock.nanos();
  }

  /** Publishes what there is to see, if it is time for that. */
  void publish(long nowNanos) {
    if (nowNanos - publishedNanos >= intervalNanos) {
      publishedNanos = nowNanos;
      phases.look();
      view = views.view(nowNanos, phases);
      gauges.update(view, nowNanos);
    }
  }

  /** Notes that the worker commits for the last time, and leaves; its tasks stay to be seen. */
  void closes() {
    phases.closes();
    WorkerView last = view;
    view =
        new WorkerView(
            last.tasks(),
            last.opening(),
            last.restoreRemaining(),
            last.pace(),
            phases.phase(),
            phases.sinceMs());
  }

  /** Notes that the worker has nothing any more. */
  void clear() {
    view = WorkerView.without(phases);
    gauges.clear();
    roundNanos = NO_ROUND;
  }
}
