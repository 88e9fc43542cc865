package dev.millrace.internal.runtime;

import dev.millrace.internal.util.Clock;
import java.util.function.BooleanSupplier;

/**
 * The phase that a worker is in, as others see it, and since when.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class WorkerPhases {

  private final WorkerLife life;
  private final BooleanSupplier isRestoring;
  private final BooleanSupplier isHeld;
  private final Clock clock;
  private WorkerPhase phase = WorkerPhase.STARTING;
  private long sinceMs;

  /**
   * Begins with the start of the worker.
   *
   * @param isRestoring whether tasks are being opened
   * @param isHeld whether the source is kept from being read
   */
  WorkerPhases(WorkerLife life, BooleanSupplier isRestoring, BooleanSupplier isHeld, Clock clock) {
    this.life = life;
    this.isRestoring = isRestoring;
    this.isHeld = isHeld;
    this.clock = clock;
    this.sinceMs = clock.wallMs();
  }

  /** Looks which phase it is. */
  void look() {
    become(present());
  }

  /** Notes that the worker does nothing any more but to leave. */
  void closes() {
    become(WorkerPhase.CLOSING);
  }

  private WorkerPhase present() {
    if (phase == WorkerPhase.CLOSING) {
      return phase;
    }
    if (life.sinkKeepsFailing()) {
      return WorkerPhase.SUSPENDED; // First: it has opened no task then.
    }
    if (isRestoring.getAsBoolean()) {
      return WorkerPhase.RESTORING;
    }
    if (!life.isStarted()) {
      return WorkerPhase.STARTING;
    }
    return isHeld.getAsBoolean() ? WorkerPhase.PAUSED : WorkerPhase.RUNNING;
  }

  private void become(WorkerPhase next) {
    if (phase != next) {
      phase = next;
      sinceMs = clock.wallMs();
    }
  }

  /** {@return the phase as of the last look} */
  WorkerPhase phase() {
    return phase;
  }

  /** {@return since when, milliseconds since the epoch} */
  long sinceMs() {
    return sinceMs;
  }
}
