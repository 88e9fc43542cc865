package dev.millrace.internal.input;

import dev.millrace.internal.stage.Histogram;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The ages of the records of a task's inputs when they are committed, by the timestamps that they
 * have in their topics.
 *
 * <p>To look at each record would cost something for each. So two of a transaction stand for all of
 * an input: the first, and the one at which it stops, which is the first of the next transaction or
 * the last that was fetched. In between, records of one partition are mostly in the order of their
 * timestamps.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class InputAges {

  private static final long NONE = Long.MIN_VALUE;

  /** Of each input, the timestamp of the first record since the last commit. */
  private final long[] firstMs;

  /** Of each input, the timestamp of the last record that was fetched. */
  private final long[] lastMs;

  public InputAges(int inputs) {
    this.firstMs = new long[inputs];
    this.lastMs = new long[inputs];
    Arrays.fill(firstMs, NONE);
  }

  /** Notes what was fetched of an input. */
  public void fetched(int input, List<ConsumerRecord<byte[], byte[]>> records) {
    if (!records.isEmpty()) {
      if (firstMs[input] == NONE) {
        firstMs[input] = records.get(0).timestamp();
      }
      lastMs[input] = records.get(records.size() - 1).timestamp();
    }
  }

  /**
   * Counts two ages of an input, some of which was committed.
   *
   * @param next the first record that was not; null if all that was fetched was
   */
  public void committed(
      int input, @Nullable ConsumerRecord<byte[], byte[]> next, Histogram ages, long wallMs) {
    long first = firstMs[input];
    long last = next == null ? lastMs[input] : next.timestamp();
    if (first != NONE) {
      count(first, ages, wallMs);
      count(last, ages, wallMs);
    }
    firstMs[input] = next == null ? NONE : last;
  }

  private static void count(long timestampMs, Histogram ages, long wallMs) {
    // Records of very old clients have none.
    if (timestampMs >= 0) {
      ages.observe(TimeUnit.MILLISECONDS.toNanos(wallMs - timestampMs));
    }
  }
}
