package dev.millrace.metrics;

import java.time.Duration;

/**
 * The counts of one instance in one stage since it started.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param recordsIn records and shuffle entries processed
 * @param recordsOut records and shuffle entries written
 * @param framesOut shuffle frames written
 * @param watermarkFramesOut those of them that carry no records and only carry the watermark
 * @param lateRecords records that no window took because they were late, for whatever reason
 * @param lateTooFarAhead those of them whose time was too far ahead of the clock
 * @param partlyLateRecords records that came in time for some of their windows and are missing from
 *     others, which had closed; they are not among the late ones
 * @param recordsTooFarAhead records of a source whose time was too far ahead of the clock; they
 *     move no watermark
 * @param gapRecords records that belong to no window because their time lies between two
 * @param skippedRecords records dropped by the error policy; a partial aggregate counts as all its
 *     records
 * @param deadLetters letters written to the dead-letter topic, also those in several parts; a
 *     partial aggregate is one, and its header {@code millrace.records} has the number of its
 *     records
 * @param retries attempts beyond the first
 * @param commits transactions committed
 * @param aborts transactions aborted and repeated
 * @param restoredRecords changelog records replayed when tasks opened
 * @param commitTime time spent committing
 * @param circuitOpenings how often a circuit breaker opened, a failed probe included
 * @param tombstones records of a source that have no value and were passed over
 * @param unmatchedRetractions rows that were to be taken out of a group that does not have them,
 *     which was ignored; more than 0 if a function is not deterministic, or fails on a row that it
 *     was given before
 * @param dividingCommits commits amid what one transaction of an earlier stage sent to one
 *     partition: readers saw a part of it for a moment
 */
public record StageCounters(
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
    Duration commitTime,
    long circuitOpenings,
    long tombstones,
    long unmatchedRetractions,
    long dividingCommits) {

  /** Nothing counted. */
  public static final StageCounters NONE =
      new StageCounters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Duration.ZERO, 0, 0, 0, 0);

  /** {@return the sum of both} */
  public StageCounters plus(StageCounters other) {
    return new StageCounters(
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
        commitTime.plus(other.commitTime),
        circuitOpenings + other.circuitOpenings,
        tombstones + other.tombstones,
        unmatchedRetractions + other.unmatchedRetractions,
        dividingCommits + other.dividingCommits);
  }
}
