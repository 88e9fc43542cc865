package dev.millrace.internal.sim;

import dev.millrace.internal.sim.SimTransactions.Session;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TransactionAbortableException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A producer of the simulated cluster: what it sends is in the log, or refused, when the call
 * returns.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimProducer extends UnsupportedProducer {

  private static final int RECORD_OVERHEAD_BYTES = 64;

  /** How long a call waits for a coordinator. */
  private static final long MAX_BLOCK_MS = 1_000;

  private enum State {
    NEW,
    READY,
    IN_TRANSACTION,
    /** Only an abort helps. */
    FAILED,
    /** The coordinator did not take the offsets: only asking again helps. */
    OFFSETS_NOT_SENT,
    /** The coordinator did not take the commit: only asking again helps. */
    COMMIT_NOT_SENT,
    /** The answer to a commit is missing: only asking again helps. */
    UNDECIDED,
    FENCED,
    CLOSED
  }

  private final SimClients process;
  private final Optional<String> transactionalId;
  private final long timeoutNanos;
  private State state;
  private @Nullable Session session;
  private @Nullable RuntimeException failure;
  private int recordsWithoutKey;

  SimProducer(SimClients process, Optional<String> transactionalId, long timeoutNanos) {
    this.process = process;
    this.transactionalId = transactionalId;
    this.timeoutNanos = timeoutNanos;
    this.state = transactionalId.isPresent() ? State.NEW : State.READY;
  }

  private SimKafka kafka() {
    if (state == State.CLOSED) {
      throw new IllegalStateException("Cannot perform operation after producer has been closed");
    }
    return process.kafka();
  }

  private Session session() {
    Session known = session;
    if (known == null) {
      throw new IllegalStateException("Cannot use transactions: initTransactions was not called");
    }
    return known;
  }

  private void require(State... legal) {
    for (State each : legal) {
      if (state == each) {
        return;
      }
    }
    RuntimeException cause = failure;
    if (cause != null) {
      if (state == State.FENCED && cause instanceof ProducerFencedException) {
        throw new ProducerFencedException(cause.getMessage());
      }
      if (cause instanceof InvalidProducerEpochException) {
        throw new InvalidProducerEpochException(cause.getMessage());
      }
      throw new KafkaException(
          "Cannot execute transactional method because we are in an error state", cause);
    }
    throw new IllegalStateException("Invalid call in state " + state);
  }

  private void fail(State into, RuntimeException cause) {
    state = into;
    failure = cause;
  }

  // ------------------------------------------------------------------ transactions

  @Override
  public void initTransactions() {
    SimKafka kafka = kafka();
    require(State.NEW);
    String id =
        transactionalId.orElseThrow(
            () -> new IllegalStateException("Cannot use transactions: no transactional.id"));
    if (kafka.clusterFaults().isCoordinatorMoving(id)) {
      kafka.clock().sleepMs(MAX_BLOCK_MS);
      throw new TimeoutException("Timeout expired while awaiting InitProducerId");
    }
    session = kafka.transactions().init(id, timeoutNanos);
    state = State.READY;
  }

  @Override
  public void beginTransaction() {
    kafka();
    session();
    require(State.READY);
    state = State.IN_TRANSACTION;
  }

  @Override
  public void sendOffsetsToTransaction(
      Map<TopicPartition, OffsetAndMetadata> offsets, ConsumerGroupMetadata who) {
    SimKafka kafka = kafka();
    require(State.IN_TRANSACTION, State.OFFSETS_NOT_SENT);
    if (offsets.isEmpty()) {
      return;
    }
    if (isMoving(kafka) || kafka.clusterFaults().isCoordinatorMoving(who.groupId())) {
      kafka.clock().sleepMs(MAX_BLOCK_MS);
      state = State.OFFSETS_NOT_SENT;
      throw new TimeoutException("Timeout expired while awaiting AddOffsetsToTxn");
    }
    state = State.IN_TRANSACTION;
    SimGroup group = kafka.group(who.groupId());
    try {
      SimTransaction transaction = kafka.transactions().open(session());
      group.check(who);
      kafka.offsetsLog().appendOffsets(transaction, group, offsets, kafka.clock().wallMs());
    } catch (ProducerFencedException e) {
      fail(State.FENCED, e);
      throw e;
    } catch (KafkaException e) {
      fail(State.FAILED, e);
      throw e;
    }
  }

  @Override
  public void commitTransaction() {
    SimKafka kafka = kafka();
    Session own = session();
    if (state == State.UNDECIDED) {
      state = State.READY;
      return;
    }
    require(State.IN_TRANSACTION, State.COMMIT_NOT_SENT);
    if (isMoving(kafka)) {
      kafka.clock().sleepMs(MAX_BLOCK_MS);
      state = State.COMMIT_NOT_SENT;
      throw new TimeoutException("Timeout expired while awaiting EndTxn(true)");
    }
    String id = own.identity().transactionalId();
    switch (kafka.commitFaults().next(id)) {
      case NONE -> {
        commit(kafka, own);
        state = State.READY;
      }
      case REFUSED -> {
        TransactionAbortableException refusal =
            new TransactionAbortableException("The transaction has to be aborted");
        fail(State.FAILED, refusal);
        throw refusal;
      }
      case LATE_ANSWER -> {
        commit(kafka, own);
        state = State.UNDECIDED;
        throw new TimeoutException("Timeout expired while awaiting the end of the transaction");
      }
      case COMMITTED_UNKNOWN -> {
        commit(kafka, own);
        throw fenced("Somebody has fenced this producer, after its commit");
      }
      case ABORTED_UNKNOWN -> {
        kafka.transactions().fence(id);
        throw fenced("Somebody has fenced this producer, ahead of its commit");
      }
      case DEATH_BEFORE -> throw new SimDeath("Killed ahead of a commit of " + id);
      case DEATH_AFTER -> {
        commit(kafka, own);
        throw new SimDeath("Killed after a commit of " + id);
      }
    }
  }

  private boolean isMoving(SimKafka kafka) {
    return kafka.clusterFaults().isCoordinatorMoving(transactionalId.orElse(""));
  }

  private void commit(SimKafka kafka, Session own) {
    try {
      kafka.transactions().commit(own);
    } catch (ProducerFencedException e) {
      fail(State.FENCED, e);
      throw e;
    }
  }

  private ProducerFencedException fenced(String message) {
    ProducerFencedException fenced = new ProducerFencedException(message);
    fail(State.FENCED, fenced);
    return fenced;
  }

  @Override
  public void abortTransaction() {
    SimKafka kafka = kafka();
    if (state == State.UNDECIDED || state == State.COMMIT_NOT_SENT) {
      throw new IllegalStateException("Cannot abort: a commit is under way");
    }
    if (state == State.OFFSETS_NOT_SENT) {
      throw new IllegalStateException("Cannot abort: offsets are on their way");
    }
    if (state != State.FAILED) {
      require(State.IN_TRANSACTION);
    }
    if (isMoving(kafka)) {
      kafka.clock().sleepMs(MAX_BLOCK_MS);
      throw new TimeoutException("Timeout expired while awaiting EndTxn(false)");
    }
    try {
      kafka.transactions().abort(session());
      state = State.READY;
      failure = null;
    } catch (ProducerFencedException e) {
      fail(State.FENCED, e);
      throw e;
    }
  }

  // ------------------------------------------------------------------ records

  @Override
  public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
    return send(record, (metadata, error) -> {});
  }

  @Override
  public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
    SimKafka kafka = kafka();
    if (transactionalId.isPresent()) {
      require(State.IN_TRANSACTION);
    }
    CompletableFuture<RecordMetadata> result = new CompletableFuture<>();
    TopicPartition target = new TopicPartition(record.topic(), -1);
    try {
      SimTopic topic = topic(kafka, record.topic());
      target = new TopicPartition(record.topic(), partition(record, topic));
      RecordMetadata written = append(kafka, topic, target, record);
      kafka.changed();
      result.complete(written);
      callback.onCompletion(written, null);
    } catch (ApiException e) {
      if (transactionalId.isPresent()) {
        fail(State.FAILED, e);
      }
      result.completeExceptionally(e);
      callback.onCompletion(new RecordMetadata(target, -1, -1, -1, -1, -1), e);
    }
    return result;
  }

  private static SimTopic topic(SimKafka kafka, String name) {
    SimTopic topic = kafka.topic(name);
    if (topic == null) {
      throw new TimeoutException("Topic " + name + " not present in metadata");
    }
    return topic;
  }

  private int partition(ProducerRecord<byte[], byte[]> record, SimTopic topic) {
    int count = topic.logs().size();
    Integer chosen = record.partition();
    if (chosen != null) {
      if (chosen >= count) {
        throw new TimeoutException(
            "Partition " + chosen + " of topic " + topic.name() + " not present in metadata");
      }
      return chosen;
    }
    byte[] key = record.key();
    return key == null ? recordsWithoutKey++ % count : Utils.toPositive(Utils.murmur2(key)) % count;
  }

  private RecordMetadata append(
      SimKafka kafka,
      SimTopic topic,
      TopicPartition target,
      ProducerRecord<byte[], byte[]> record) {
    byte @Nullable [] key = record.key();
    byte @Nullable [] value = record.value();
    int keyBytes = key == null ? 0 : key.length;
    int valueBytes = value == null ? 0 : value.length;
    if (keyBytes + valueBytes + RECORD_OVERHEAD_BYTES > topic.maxMessageBytes()) {
      throw new RecordTooLargeException(
          "The request included a message larger than the max message size the server will accept");
    }
    if (kafka.clusterFaults().isWithoutLeader(target)) {
      kafka.clock().sleepMs(MAX_BLOCK_MS);
      throw new TimeoutException("Expiring 1 record(s) for " + target + ": it has no leader");
    }
    Long stated = record.timestamp();
    long timestampMs =
        stated == null || topic.timestampType() == TimestampType.LOG_APPEND_TIME
            ? kafka.clock().wallMs()
            : stated;
    long offset =
        kafka
            .log(target)
            .append(key, value, record.headers().toArray(), timestampMs, transaction(kafka));
    return new RecordMetadata(target, offset, 0, timestampMs, keyBytes, valueBytes);
  }

  private @Nullable SimTransaction transaction(SimKafka kafka) {
    if (transactionalId.isEmpty()) {
      return null;
    }
    try {
      return kafka.transactions().open(session());
    } catch (ProducerFencedException e) {
      throw new InvalidProducerEpochException("Producer attempted to produce with an old epoch");
    }
  }

  @Override
  public void flush() {
    kafka();
  }

  // ------------------------------------------------------------------ end

  @Override
  public void close() {
    close(Duration.ofMillis(Long.MAX_VALUE));
  }

  /** Given time, a producer ends what it has open; given none, it leaves that to others. */
  @Override
  public void close(Duration timeout) {
    boolean open = state == State.IN_TRANSACTION || state == State.FAILED;
    Session own = session;
    if (open && own != null && own.isCurrent() && !timeout.isZero()) {
      kafka().transactions().abort(own);
    }
    state = State.CLOSED;
  }

  /** A simulated client measures only that it has lost connections. */
  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    Closed closed = new Closed(kafka());
    return Map.of(closed.metricName(), closed);
  }

  /** The connections that were closed so far: there is one to the leader of each partition. */
  private static final class Closed implements Metric {
    private final SimKafka kafka;
    private double noticed;

    Closed(SimKafka kafka) {
      this.kafka = kafka;
      this.noticed = kafka.lostMarkers();
    }

    @Override
    public MetricName metricName() {
      return new MetricName("connection-close-total", "producer-metrics", "", Map.of());
    }

    @Override
    public Object metricValue() {
      if (!kafka.clusterFaults().hidesClosedConnections()) {
        noticed = kafka.lostMarkers();
      }
      return noticed;
    }
  }
}
