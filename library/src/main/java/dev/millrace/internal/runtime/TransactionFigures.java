package dev.millrace.internal.runtime;

import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Gauge;
import dev.millrace.internal.stage.Histogram;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;

/**
 * The figures of a worker's transactions: how many there were, their sizes, and how long commits
 * took.
 *
 * <p>The records of a transaction are those that were processed since the last one ended; so those
 * of an aborted one are not among them, and are processed again.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class TransactionFigures {

  private final Counter recordsIn;
  private final Counter commits;
  private final Counter dividingCommits;
  private final Counter aborts;
  private final Counter failedCommits;
  private final Counter sentBytes;
  private final Histogram durations;
  private final Histogram records;
  private final Histogram bytes;
  private final Gauge lastCommit;
  private long recordsBefore;

  TransactionFigures(StageMetrics metrics) {
    this.recordsIn = metrics.counter(Measure.RECORDS_IN);
    this.commits = metrics.counter(Measure.COMMITS);
    this.dividingCommits = metrics.counter(Measure.DIVIDING_COMMITS);
    this.aborts = metrics.counter(Measure.ABORTS);
    this.failedCommits = metrics.counter(Measure.FAILED_COMMITS);
    this.sentBytes = metrics.counter(Measure.SENT_BYTES);
    this.durations = metrics.histogram(Measure.COMMIT_DURATION);
    this.records = metrics.histogram(Measure.TRANSACTION_RECORDS);
    this.bytes = metrics.histogram(Measure.TRANSACTION_BYTES);
    this.lastCommit = metrics.gauge(Measure.LAST_COMMIT);
  }

  /**
   * Notes that a transaction was committed.
   *
   * @param sent the bytes of its records
   */
  void committed(long tookNanos, long sent, long wallMs) {
    commits.add(1);
    durations.observe(tookNanos);
    sentBytes.add(sent);
    bytes.observe(sent);
    long processed = recordsIn.count();
    records.observe(processed - recordsBefore);
    recordsBefore = processed;
    lastCommit.set(wallMs);
  }

  /** Notes that it divided what one transaction of an earlier stage sent. */
  void divided() {
    dividingCommits.add(1);
  }

  /** Notes that Kafka refused a commit, or that its outcome is unknown. */
  void commitFailed() {
    failedCommits.add(1);
  }

  /** Notes that a transaction was aborted. */
  void aborted() {
    aborts.add(1);
    recordsBefore = recordsIn.count();
  }
}
