package dev.millrace.internal.runtime;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/**
 * The answer to whether a worker has caught up with its input: nothing is queued, and there is
 * nothing more to fetch, or little beside what the open transaction has taken up already.
 *
 * <p>While input keeps coming, there may be something more to fetch at any time; and where
 * transactions write, the ends of others' count as something, too. Neither is a backlog.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class CaughtUp implements BooleanSupplier {

  private static final long LITTLE = 8;

  private final BooleanSupplier isQueued;
  private final LongSupplier unfetched;
  private final TransactionSize size;
  private boolean foundNothing;

  /**
   * Creates the answer for a worker.
   *
   * @param isQueued whether a task has something to do, or waits for an answer
   * @param unfetched how many records there are to fetch, as far as is known
   * @param size the open transaction
   */
  CaughtUp(BooleanSupplier isQueued, LongSupplier unfetched, TransactionSize size) {
    this.isQueued = isQueued;
    this.unfetched = unfetched;
    this.size = size;
  }

  /**
   * Notes what a poll returned. One that does not wait proves nothing: what it asks for may be on
   * its way.
   */
  void polled(ConsumerRecords<byte[], byte[]> records, Duration timeout) {
    foundNothing = records.isEmpty() && !timeout.isZero();
  }

  @Override
  public boolean getAsBoolean() {
    return !isQueued.getAsBoolean()
        && (foundNothing || unfetched.getAsLong() <= LITTLE + size.pieces() / 2);
  }
}
