package dev.millrace.internal.runtime;

import dev.millrace.metrics.StageCounters;
import java.time.Duration;

/**
 * Counters of one worker, written by the worker alone and read by any thread, slightly outdated at
 * worst.
 *
 * <p><b>Threads.</b> Written by one thread, readable by any.
 */
public final class StageMetrics {

  final Counter recordsIn = new Counter();
  final Counter recordsOut = new Counter();
  final Counter framesOut = new Counter();
  final Counter watermarkFramesOut = new Counter();
  final Counter lateRecords = new Counter();
  final Counter lateTooFarAhead = new Counter();
  final Counter partlyLateRecords = new Counter();
  final Counter recordsTooFarAhead = new Counter();
  final Counter gapRecords = new Counter();
  final Counter skippedRecords = new Counter();
  final Counter deadLetters = new Counter();
  final Counter retries = new Counter();
  final Counter commits = new Counter();
  final Counter aborts = new Counter();
  final Counter restoredRecords = new Counter();
  final Counter commitNanos = new Counter();
  final Counter circuitOpenings = new Counter();
  final Counter tombstones = new Counter();
  final Counter unmatchedRetractions = new Counter();
  final Counter dividingCommits = new Counter();

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
