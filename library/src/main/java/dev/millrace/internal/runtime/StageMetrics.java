package dev.millrace.internal.runtime;

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

  /**
   * The counters at one moment.
   *
   * @param recordsIn records and entries processed
   * @param recordsOut records and entries written
   * @param framesOut frames written
   * @param watermarkFramesOut those of them that only carry watermarks
   * @param lateRecords records dropped because their windows had closed
   * @param lateTooFarAhead those of the late records whose time was too far in the future
   * @param partlyLateRecords records that are missing from some of their windows
   * @param recordsTooFarAhead records of a source whose event time was too far in the future
   * @param gapRecords records whose time lies between two windows
   * @param skippedRecords records dropped by the policy SKIP
   * @param deadLetters records written to the dead-letter topic
   * @param retries attempts beyond the first
   * @param commits transactions committed
   * @param aborts transactions aborted
   * @param restoredRecords changelog records replayed when tasks opened
   * @param commitNanos time spent committing, in nanoseconds
   * @param circuitOpenings how often a circuit opened because a sink's system was down
   * @param tombstones records of a source without a value, which were skipped
   * @param unmatchedRetractions retractions of records that were not there, which were ignored
   * @param dividingCommits commits amid what a transaction of an earlier stage emitted
   */
  public record Snapshot(
      long recordsIn,
      long recordsOut,
      long framesOut,
      long watermarkFramesOut,
      long lateRecords,
      long lateTooFarAhead,
      long partlyLateRecords,
      long recordsTooFarAhead,
      long gapRecords,
      long skippedRecords,
      long deadLetters,
      long retries,
      long commits,
      long aborts,
      long restoredRecords,
      long commitNanos,
      long circuitOpenings,
      long tombstones,
      long unmatchedRetractions,
      long dividingCommits) {

    /** The counters of a worker that has counted nothing yet. */
    public static final Snapshot NONE =
        new Snapshot(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** {@return the sum of both} */
    public Snapshot plus(Snapshot other) {
      return new Snapshot(
          recordsIn + other.recordsIn,
          recordsOut + other.recordsOut,
          framesOut + other.framesOut,
          watermarkFramesOut + other.watermarkFramesOut,
          lateRecords + other.lateRecords,
          lateTooFarAhead + other.lateTooFarAhead,
          partlyLateRecords + other.partlyLateRecords,
          recordsTooFarAhead + other.recordsTooFarAhead,
          gapRecords + other.gapRecords,
          skippedRecords + other.skippedRecords,
          deadLetters + other.deadLetters,
          retries + other.retries,
          commits + other.commits,
          aborts + other.aborts,
          restoredRecords + other.restoredRecords,
          commitNanos + other.commitNanos,
          circuitOpenings + other.circuitOpenings,
          tombstones + other.tombstones,
          unmatchedRetractions + other.unmatchedRetractions,
          dividingCommits + other.dividingCommits);
    }
  }

  /** {@return the counters as they are} */
  public Snapshot snapshot() {
    return new Snapshot(
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
        commitNanos.count(),
        circuitOpenings.count(),
        tombstones.count(),
        unmatchedRetractions.count(),
        dividingCommits.count());
  }
}
