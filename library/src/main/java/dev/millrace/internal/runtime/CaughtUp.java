package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitPace.Backlog;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/**
 * The answer to whether a worker has caught up with its input: nothing is queued, and there is
 * nothing more to fetch, or little beside what it takes up between two commits.
 *
 * <p>While input keeps coming, there may be something more to fetch at any time; and where
 * transactions write, the ends of others' count as something, too. Neither is a backlog.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class CaughtUp implements Supplier<Backlog> {

  private static final long LITTLE = 8;

  private final BooleanSupplier isQueued;
  private final BooleanSupplier areCallsUnderWay;
  private final LongSupplier unfetched;
  private final LongSupplier taken;

  /** For how long polls have waited in vain, in a row. */
  private long silentNanos;

  /**
   * Creates the answer for a worker.
   *
   * @param isQueued whether a task has something to do, at present or when calls have ended
   * @param areCallsUnderWay whether a task waits for an answer, which is no backlog: under a steady
   *     load one always may
   * @param unfetched how many records there are to fetch, as far as is known
   * @param taken how many pieces the open transaction has taken up, at most those of a shortest
   *     interval: what is little beside a large transaction may still be a backlog
   */
  CaughtUp(
      BooleanSupplier isQueued,
      BooleanSupplier areCallsUnderWay,
      LongSupplier unfetched,
      LongSupplier taken) {
    this.isQueued = isQueued;
    this.areCallsUnderWay = areCallsUnderWay;
    this.unfetched = unfetched;
    this.taken = taken;
  }

  /**
   * Notes what a poll returned. One that does not wait proves nothing: what it asks for may be on
   * its way. Those that wait in vain for longer than any fetch takes prove that there is time for a
   * commit, but not that there is no backlog: brokers may be slow. Between two large fetches in a
   * backlog a worker waits for some milliseconds, which is no reason to commit.
   *
   * @param waited how long it waited, 0 for one that was not to wait
   */
  void polled(ConsumerRecords<byte[], byte[]> records, Duration waited) {
    silentNanos = records.isEmpty() ? silentNanos + waited.toNanos() : 0;
  }

  @Override
  public Backlog get() {
    if (isQueued.getAsBoolean()) {
      return Backlog.SOME;
    }
    if (unfetched.getAsLong() <= LITTLE + taken.getAsLong() / 2) {
      return areCallsUnderWay.getAsBoolean() ? Backlog.ANSWERS : Backlog.NONE;
    }
    return silentNanos >= CommitPoint.SILENCE_NANOS ? Backlog.OUT_OF_REACH : Backlog.SOME;
  }
}
