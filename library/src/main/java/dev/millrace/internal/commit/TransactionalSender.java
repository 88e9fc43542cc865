package dev.millrace.internal.commit;

import static java.util.Objects.requireNonNull;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.jspecify.annotations.Nullable;

/**
 * The sender for exactly-once: records and offsets in one Kafka transaction.
 *
 * <p>Transactions are opened late: records are kept here, and the transaction begins with the first
 * row of the commit, or earlier once there are too many, which are fewer where they come quickly
 * than where brokers would wait for the function that makes them. A short transaction holds up
 * readers for a short time, and most crashes then leave none open. Once it has begun, there is
 * nothing to wait for: each record goes to the client as it comes, while it is still in the
 * processor's caches and the client's own thread has time to deliver it.
 *
 * <p>What an exception means:
 *
 * <pre>
 * B  from sendOffsetsToTransaction, abortable       abort; nothing was committed
 * F  fenced, invalid epoch or state, unknown        new producer of the same id; outcome unknown
 * U  TimeoutException from commitTransaction        the same call again until the deadline; then F
 * </pre>
 *
 * <p>Every exception out of {@code commitTransaction} means that the outcome is unknown, even that
 * of a fenced producer. {@code close} with a timeout would finish the commit in the background, so
 * its timeout is zero.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class TransactionalSender implements Sender {

  /** As much as the processor's caches hold; their heads make records three times as large. */
  private static final long MAX_KEPT_BYTES = 256 << 10;

  /** The same of records that come slowly: their functions' time is not to be the transaction's. */
  private static final long MAX_KEPT_OF_SLOW_BYTES = 4 << 20;

  /** Records that take longer than this to be too many come slowly. */
  private static final long QUICK_NANOS = 100_000_000;

  private static final int RECORD_OVERHEAD_BYTES = 32;
  private static final int MAX_FENCINGS = 5;
  private static final long FENCINGS_WINDOW_NANOS = Duration.ofSeconds(60).toNanos();

  private final String transactionalId;
  private final Supplier<Producer<byte[], byte[]>> producers;
  private final LastEnd last;
  private final Clock clock;
  private final long timeoutNanos;

  private final List<ProducerRecord<byte[], byte[]>> kept = new ArrayList<>();
  private final Deliveries deliveries = new Deliveries();
  private final ArrayDeque<Long> fencings = new ArrayDeque<>();
  private @Nullable Producer<byte[], byte[]> producer;
  private volatile Map<MetricName, ? extends Metric> metrics = Map.of();
  private @Nullable RuntimeException broken;
  private boolean begun;
  private long begunNanos;
  private long keptBytes;
  private long keptSinceNanos;
  private long pendingBytes;

  /**
   * Creates a sender; {@link #open()} makes its producer.
   *
   * @param ends completes transactions whose ends are missing somewhere
   * @param timeout how long brokers let a transaction be open; so long a commit whose answer is
   *     missing is tried again
   */
  public TransactionalSender(
      String transactionalId,
      Supplier<Producer<byte[], byte[]>> producers,
      TransactionEnds ends,
      Duration timeout,
      Clock clock) {
    this.transactionalId = transactionalId;
    this.producers = producers;
    this.last = new LastEnd(ends, clock);
    this.clock = clock;
    this.timeoutNanos = timeout.toNanos();
  }

  @Override
  public void open() {
    if (!last.mayBeInitialised()) {
      throw unsettled();
    }
    Producer<byte[], byte[]> fresh = producers.get();
    try {
      fresh.initTransactions();
    } catch (RuntimeException e) {
      DiscardedProducer.close(fresh);
      throw e;
    }
    producer = fresh;
    metrics = fresh.metrics();
    last.initialised(metrics);
  }

  private TimeoutException unsettled() {
    return new TimeoutException(
        "The last transaction of "
            + transactionalId
            + " may not have ended in all its partitions yet");
  }

  @Override
  public void send(ProducerRecord<byte[], byte[]> record) {
    if (begun || (keptBytes >= MAX_KEPT_BYTES && isTimeToBegin())) {
      sendLast(record);
    } else if (broken == null) {
      int bytes = bytes(record);
      if (kept.isEmpty()) {
        keptSinceNanos = clock.nanos();
      }
      kept.add(record);
      keptBytes += bytes;
      pendingBytes += bytes;
    }
  }

  private boolean isTimeToBegin() {
    return keptBytes >= MAX_KEPT_OF_SLOW_BYTES || clock.nanos() - keptSinceNanos < QUICK_NANOS;
  }

  /**
   * Sends a record at once, since the commit is near. A transaction is committed as a whole or not
   * at all, so there is no other order to keep than that within a partition.
   */
  @Override
  public void sendLast(ProducerRecord<byte[], byte[]> record) {
    if (broken != null) {
      return; // The transaction cannot commit any more: its records will be made again.
    }
    pendingBytes += bytes(record);
    try {
      sendKept();
      begin();
      sendNow(producer(), record);
    } catch (RuntimeException e) {
      // Not thrown here: the operator that emitted the record is not the cause.
      broken = e;
    }
  }

  @Override
  public boolean hasOutput() {
    return pendingBytes() > 0;
  }

  @Override
  public long pendingBytes() {
    return broken == null ? pendingBytes : Long.MAX_VALUE;
  }

  @Override
  public CommitResult commit(
      Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata group) {
    if (offsets.isEmpty()) {
      throw new IllegalStateException("A commit without offsets would not be fenced");
    }
    if (group.generationId() < 0 || group.memberId().isEmpty()) {
      // Brokers accept such metadata unchecked: it must never reach them.
      CommitFailedException left = new CommitFailedException("The worker is not in its group");
      abort();
      return new CommitResult.Aborted(left);
    }
    try {
      if (broken != null) {
        return giveUp(broken);
      }
      sendKept();
      begin();
      producer().sendOffsetsToTransaction(offsets, group);
    } catch (FencedInstanceIdException e) {
      throw SharedIdentity.failure(transactionalId, "another has its place in the group", e);
    } catch (RuntimeException e) {
      return giveUp(firstCause(e));
    }
    return finish();
  }

  /**
   * The cause of an abort: what a delivery reported is more specific than later errors of the
   * client.
   */
  private RuntimeException firstCause(RuntimeException later) {
    UndeliveredException first = deliveries.failure();
    return first == null || !isAbortable(later) ? later : first;
  }

  private CommitResult finish() {
    long deadline = clock.nanos() + timeoutNanos;
    while (true) {
      try {
        producer().commitTransaction();
        last.committed();
        Map<TopicPartition, Long> acknowledged = deliveries.acknowledged();
        reset();
        return new CommitResult.Committed(acknowledged);
      } catch (TimeoutException | InterruptException e) {
        if (e instanceof InterruptException || clock.nanos() >= deadline) {
          return replace(e);
        }
      } catch (RecordTooLargeException | TransactionAbortableException e) {
        // The client reports these before it asks the coordinator to commit.
        return giveUp(firstCause(e));
      } catch (RuntimeException e) {
        if (deliveries.failure() != null && isAbortable(e) || isRefused(e)) {
          return giveUp(firstCause(e)); // A record that failed keeps the client from committing.
        }
        return replace(e);
      }
    }
  }

  /** Path B: aborts the transaction, if the coordinator still permits it. */
  private CommitResult giveUp(RuntimeException cause) {
    if (isRefused(cause)) {
      abort();
      throw cause; // The right will be missing at the next attempt, too.
    }
    if (!isAbortable(cause)) {
      return replace(cause);
    }
    try {
      if (begun) {
        producer().abortTransaction();
        last.aborted();
      }
      // By now the client has reported all failures; one may have made it refuse what came later.
      CommitResult result = new CommitResult.Aborted(firstCause(cause));
      reset();
      return result;
    } catch (RuntimeException e) {
      e.addSuppressed(cause);
      return replace(e);
    }
  }

  private static boolean isAbortable(RuntimeException cause) {
    return !(cause instanceof ProducerFencedException) && !(cause instanceof IllegalStateException);
  }

  /** Path F: a new producer of the same id ends whatever is open. */
  private CommitResult replace(RuntimeException cause) {
    if (isFenced(cause) && !hasOutlastedTimeout()) {
      countFencing(cause);
    }
    close();
    try {
      open();
    } catch (AuthorizationException e) {
      throw e;
    } catch (KafkaException
        | KafkaUnreachableException
        | CredentialsRefusedException
        | ConfigurationException e) {
      // For instance, the cluster does not answer, or a key store is just being replaced: the same
      // settings have made a producer before. The next commit makes it.
      cause.addSuppressed(e);
    }
    return new CommitResult.Unknown(cause);
  }

  /** {@return whether brokers may have ended the transaction, which fences the producer as well} */
  private boolean hasOutlastedTimeout() {
    return begun && clock.nanos() - begunNanos >= timeoutNanos;
  }

  /**
   * Counts fencings: two processes with one identity fence each other in turn, without end.
   * Producers that are replaced because brokers do not answer do not count.
   */
  private void countFencing(RuntimeException cause) {
    long now = clock.nanos();
    fencings.addLast(now);
    while (now - fencings.getFirst() > FENCINGS_WINDOW_NANOS) {
      fencings.removeFirst();
    }
    if (fencings.size() > MAX_FENCINGS) {
      throw SharedIdentity.failure(
          transactionalId, "it was fenced " + fencings.size() + " times within a minute", cause);
    }
  }

  private static boolean isRefused(Throwable cause) {
    for (@Nullable Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof AuthorizationException) {
        return true;
      }
    }
    return false;
  }

  private static boolean isFenced(Throwable cause) {
    for (@Nullable Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof ProducerFencedException || at instanceof InvalidProducerEpochException) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void acknowledge(Map<TopicPartition, OffsetAndMetadata> offsets) {}

  @Override
  public void abort() {
    if (!begun) {
      reset();
      return;
    }
    try {
      producer().abortTransaction();
      last.aborted();
      reset();
    } catch (RuntimeException e) {
      CommitResult ignored = replace(e);
    }
  }

  @Override
  public void settle() {
    if (!begun && producer != null) {
      last.lookWhenIdle();
    }
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    return metrics;
  }

  @Override
  public void close() {
    Producer<byte[], byte[]> closing = producer;
    producer = null;
    metrics = Map.of();
    reset();
    if (closing != null) {
      DiscardedProducer.close(closing);
    }
  }

  private void begin() {
    if (!begun) {
      Producer<byte[], byte[]> ready = producer();
      if (!last.isComplete()) {
        throw unsettled();
      }
      ready.beginTransaction();
      begun = true;
      begunNanos = clock.nanos();
    }
  }

  private void sendKept() {
    if (kept.isEmpty()) {
      return;
    }
    begin();
    Producer<byte[], byte[]> target = producer();
    for (ProducerRecord<byte[], byte[]> record : kept) {
      sendNow(target, record);
    }
    kept.clear();
    keptBytes = 0;
  }

  private void sendNow(Producer<byte[], byte[]> target, ProducerRecord<byte[], byte[]> record) {
    deliveries.send(target, record);
    UndeliveredException failed = deliveries.failure();
    if (failed != null) {
      throw failed; // Sending one more may wait as long for the same error.
    }
  }

  private void reset() {
    kept.clear();
    keptBytes = 0;
    pendingBytes = 0;
    deliveries.reset();
    begun = false;
    broken = null;
  }

  private Producer<byte[], byte[]> producer() {
    if (producer == null) {
      open();
    }
    return requireNonNull(producer);
  }

  private static int bytes(ProducerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    byte[] value = record.value();
    return RECORD_OVERHEAD_BYTES
        + (key == null ? 0 : key.length)
        + (value == null ? 0 : value.length);
  }
}
