package dev.millrace.internal.commit;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;

/**
 * The sender of one worker's records, which commits them with its input offsets.
 *
 * <p><b>Contract.</b> {@code send* -> commit -> (the caller settles its state) -> acknowledge}, or
 * {@code send* -> abort}, over and over.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public interface Sender extends AutoCloseable {

  /**
   * Makes the producer ready; this ends any transaction that a predecessor with the same identity
   * left open.
   */
  void open();

  /** Takes a record; it may be kept until the commit. */
  void send(ProducerRecord<byte[], byte[]> record);

  /**
   * Takes a record that must not be in the log unless everything taken by {@link #send} is: rows
   * and frames, which record that the input they come from was processed. They come when a commit
   * is about to follow.
   */
  void sendLast(ProducerRecord<byte[], byte[]> record);

  /**
   * {@return whether a commit would show any output: records were taken since the last one, or that
   * has to be acknowledged again}
   */
  boolean hasOutput();

  /** {@return the bytes of records taken since the last commit or abort} */
  long pendingBytes();

  /**
   * Commits what was sent, together with the offsets.
   *
   * @param offsets the next offsets of <i>all</i> partitions the worker owns, never empty
   * @param group the group's present metadata
   */
  CommitResult commit(Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group);

  /** Completes a commit when the worker's state has been settled after it. */
  void acknowledge(Map<TopicPartition, OffsetAndMetadata> offsets);

  /**
   * Aborts what was sent since the last commit. The worker must go back to its committed offsets.
   */
  void abort();

  /**
   * Looks whether the last commit or abort has ended everywhere, if there is a reason to doubt it:
   * brokers may have left it incomplete, which holds up readers. To be called now and then while
   * there is nothing to send.
   */
  default void settle() {}

  /**
   * {@return the figures of the producer, which change all the time; empty while there is none; for
   * any thread}
   */
  Map<MetricName, ? extends Metric> metrics();

  /** Aborts what was sent and closes the producer, without finishing anything in the background. */
  @Override
  void close();
}
