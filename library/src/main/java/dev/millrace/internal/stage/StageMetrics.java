package dev.millrace.internal.stage;

import dev.millrace.metrics.StageCounters;
import java.time.Duration;

/**
 * Counters of one worker, written by the worker alone and read by any thread, slightly outdated at
 * worst.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class StageMetrics {

  public final Counter recordsIn = new Counter();
  public final Counter recordsOut = new Counter();
  public final Counter framesOut = new Counter();
  public final Counter watermarkFramesOut = new Counter();
  public final Counter lateRecords = new Counter();
  public final Counter lateTooFarAhead = new Counter();
  public final Counter partlyLateRecords = new Counter();
  public final Counter recordsTooFarAhead = new Counter();
  public final Counter gapRecords = new Counter();
  public final Counter skippedRecords = new Counter();
  public final Counter deadLetters = new Counter();
  public final Counter retries = new Counter();
  public final Counter commits = new Counter();
  public final Counter aborts = new Counter();
  public final Counter restoredRecords = new Counter();
  public final Counter commitNanos = new Counter();
  public final Counter circuitOpenings = new Counter();
  public final Counter tombstones = new Counter();
  public final Counter unmatchedRetractions = new Counter();
  public final Counter dividingCommits = new Counter();

  /** {@return the counters as they are} */
  public StageCounters snapshot() {
    return new StageCounters(
        recordsIn.count(),
        recordsOut.count(),
        framesOut.count(),
        watermarkFramesOut.count(),
        lateRecords.count(),
        lateTooFarAhead.count(),
        partlyLateRecords.count(),
        recordsTooFarAhead.count(),
        gapRecords.count(),
        skippedRecords.count(),
        deadLetters.count(),
        retries.count(),
        commits.count(),
        aborts.count(),
        restoredRecords.count(),
        Duration.ofNanos(commitNanos.count()),
        circuitOpenings.count(),
        tombstones.count(),
        unmatchedRetractions.count(),
        dividingCommits.count());
  }
}
