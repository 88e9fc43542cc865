package dev.millrace.internal.sim;

import dev.millrace.internal.kafka.TaskAssignor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidGroupIdException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of the simulated cluster. It never waits: a poll returns what is there.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimConsumer extends UnsupportedConsumer {

  private static final int NO_EPOCH = -1;

  private final SimClients process;
  private final IsolationLevel isolation;
  private final int maxPollRecords;
  private final Map<TopicPartition, Position> positions =
      new TreeMap<>(SimKafka.BY_TOPIC_AND_PARTITION);
  private @Nullable SimMembership membership;
  private int firstPartition;
  private boolean closed;

  /** The place where a partition is read, and the leader epoch of the entry before, if known. */
  private static final class Position {
    private OptionalLong offset = OptionalLong.empty();
    private Optional<Integer> epoch = Optional.empty();
    private int comparedWithEpoch = NO_EPOCH;
    private boolean paused;

    void set(long newOffset, Optional<Integer> newEpoch) {
      offset = OptionalLong.of(newOffset);
      epoch = newEpoch;
      comparedWithEpoch = NO_EPOCH;
    }
  }

  SimConsumer(SimClients process, IsolationLevel isolation, int maxPollRecords) {
    this.process = process;
    this.isolation = isolation;
    this.maxPollRecords = maxPollRecords;
  }

  /** Makes this a consumer that can subscribe. */
  void inGroup(
      String groupId, String clientId, Optional<String> instanceId, TaskAssignor assignor) {
    membership =
        new SimMembership(
            process.kafka().group(groupId),
            groupId,
            clientId,
            instanceId,
            assignor,
            new SimMembership.Holdings() {
              @Override
              public Set<TopicPartition> now() {
                return positions.keySet();
              }

              @Override
              public void become(Set<TopicPartition> partitions) {
                hold(partitions);
              }
            });
  }

  private void hold(Collection<TopicPartition> partitions) {
    positions.keySet().retainAll(Set.copyOf(partitions));
    partitions.forEach(partition -> positions.computeIfAbsent(partition, fresh -> new Position()));
  }

  private SimMembership membership() {
    SimMembership known = membership;
    if (known == null) {
      throw new InvalidGroupIdException("To use the group, provide a valid group.id");
    }
    return known;
  }

  private SimKafka kafka() {
    if (closed) {
      throw new IllegalStateException("This consumer has already been closed.");
    }
    return process.kafka();
  }

  private Position held(TopicPartition partition) {
    Position position = positions.get(partition);
    if (position == null) {
      throw new IllegalStateException("No current assignment for partition " + partition);
    }
    return position;
  }

  // ------------------------------------------------------------------ assignment

  @Override
  public void subscribe(Collection<String> topics) {
    membership().subscribe(List.copyOf(topics), null);
  }

  @Override
  public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
    membership().subscribe(List.copyOf(topics), listener);
  }

  @Override
  public void unsubscribe() {
    SimMembership member = membership;
    if (member != null) {
      member.leave();
      member.subscribe(List.of(), null);
    }
    positions.clear();
  }

  @Override
  public Set<String> subscription() {
    return membership == null ? Set.of() : membership.topics();
  }

  @Override
  public void assign(Collection<TopicPartition> partitions) {
    kafka();
    hold(partitions);
  }

  @Override
  public Set<TopicPartition> assignment() {
    return Set.copyOf(positions.keySet());
  }

  @Override
  public ConsumerGroupMetadata groupMetadata() {
    return membership().metadata();
  }

  @Override
  public void pause(Collection<TopicPartition> partitions) {
    partitions.forEach(partition -> held(partition).paused = true);
  }

  @Override
  public void resume(Collection<TopicPartition> partitions) {
    partitions.forEach(partition -> held(partition).paused = false);
  }

  @Override
  public Set<TopicPartition> paused() {
    Set<TopicPartition> paused = new TreeSet<>(SimKafka.BY_TOPIC_AND_PARTITION);
    positions.forEach(
        (partition, position) -> {
          if (position.paused) {
            paused.add(partition);
          }
        });
    return paused;
  }

  // ------------------------------------------------------------------ records

  @Override
  public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    SimKafka kafka = kafka();
    SimMembership member = membership;
    if (member != null && !member.topics().isEmpty()) {
      if (!kafka.clusterFaults().isCoordinatorMoving(member.metadata().groupId())) {
        member.poll();
      }
    } else if (positions.isEmpty()) {
      throw new IllegalStateException("Consumer is not subscribed to any topics or assigned any");
    }
    findPositions();
    compareWithLeaders(kafka, positions.keySet());
    checkRange(kafka);
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> found = new LinkedHashMap<>();
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    List<TopicPartition> all = new ArrayList<>(positions.keySet());
    int room = maxPollRecords;
    for (int i = 0; i < all.size() && room > 0; i++) {
      TopicPartition partition = all.get((firstPartition + i) % all.size());
      Position position = held(partition);
      if (position.paused) {
        continue;
      }
      long before = position.offset.orElseThrow();
      List<ConsumerRecord<byte[], byte[]>> records = fetch(kafka, partition, position, room);
      if (!records.isEmpty()) {
        room -= records.size();
        found.put(partition, records);
      }
      long after = position.offset.orElseThrow();
      if (after > before) {
        next.put(partition, new OffsetAndMetadata(after, position.epoch, ""));
      }
    }
    firstPartition = all.isEmpty() ? 0 : (firstPartition + 1) % all.size();
    return new ConsumerRecords<>(found, next);
  }

  private void findPositions() {
    positions.forEach(
        (partition, position) -> {
          if (position.offset.isEmpty() && !position.paused) {
            goToCommitted(partition, position);
          }
        });
  }

  private void goToCommitted(TopicPartition partition, Position position) {
    OffsetAndMetadata committed =
        membership == null ? null : committed(Set.of(partition)).get(partition);
    if (committed == null) {
      throw new NoOffsetForPartitionException(partition);
    }
    position.set(committed.offset(), committed.leaderEpoch());
  }

  /**
   * Asks each leader that was not asked yet where the records of the position's epoch end: a
   * position after that end does not exist in the leader's log. Paused partitions are no exception.
   */
  private void compareWithLeaders(SimKafka kafka, Collection<TopicPartition> partitions) {
    Map<TopicPartition, Long> outside = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> divergent = new HashMap<>();
    for (TopicPartition partition : partitions) {
      Position position = held(partition);
      SimLog log = kafka.logOrNull(partition);
      if (log == null
          || position.offset.isEmpty()
          || position.epoch.isEmpty()
          || position.comparedWithEpoch == log.leaderEpoch()) {
        continue;
      }
      long offset = position.offset.getAsLong();
      Optional<SimLog.EpochEnd> end = log.endOf(position.epoch.get());
      if (end.isPresent() && end.get().offset() >= offset) {
        position.comparedWithEpoch = log.leaderEpoch();
        continue;
      }
      outside.put(partition, offset);
      end.ifPresent(
          found ->
              divergent.put(
                  partition,
                  new OffsetAndMetadata(found.offset(), Optional.of(found.leaderEpoch()), "")));
    }
    if (!outside.isEmpty()) {
      kafka.truncationReported();
      throw new LogTruncationException("Detected log truncation", outside, divergent);
    }
  }

  private void checkRange(SimKafka kafka) {
    Map<TopicPartition, Long> outside = new HashMap<>();
    positions.forEach(
        (partition, position) -> {
          SimLog log = kafka.logOrNull(partition);
          if (!position.paused && log != null) {
            long offset = position.offset.orElseThrow();
            if (offset < log.start() || offset > log.end()) {
              outside.put(partition, offset);
            }
          }
        });
    if (!outside.isEmpty()) {
      throw new OffsetOutOfRangeException(outside);
    }
  }

  private List<ConsumerRecord<byte[], byte[]>> fetch(
      SimKafka kafka, TopicPartition partition, Position position, int room) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    SimLog log = kafka.logOrNull(partition);
    SimTopic topic = kafka.topic(partition.topic());
    if (log == null || topic == null) {
      return records;
    }
    TimestampType type = topic.timestampType();
    long behind =
        log.read(
            position.offset.orElseThrow(),
            isolation,
            (offset, entry) -> {
              records.add(record(partition, offset, entry, type));
              return records.size() < room;
            });
    if (behind > position.offset.orElseThrow()) {
      // The leader itself has sent what stands before: there is nothing to compare.
      position.set(behind, Optional.of(log.epochAt(behind - 1)));
      position.comparedWithEpoch = log.leaderEpoch();
    }
    return records;
  }

  private static ConsumerRecord<byte[], byte[]> record(
      TopicPartition partition, long offset, SimLog.Entry entry, TimestampType type) {
    byte @Nullable [] key = entry.key();
    byte @Nullable [] value = entry.value();
    return new ConsumerRecord<>(
        partition.topic(),
        partition.partition(),
        offset,
        entry.timestampMs(),
        type,
        key == null ? ConsumerRecord.NULL_SIZE : key.length,
        value == null ? ConsumerRecord.NULL_SIZE : value.length,
        key,
        value,
        new RecordHeaders(entry.headers().toArray()),
        Optional.of(entry.leaderEpoch()));
  }

  // ------------------------------------------------------------------ positions and offsets

  @Override
  public void seek(TopicPartition partition, long offset) {
    if (offset < 0) {
      throw new IllegalArgumentException("seek offset must not be a negative number");
    }
    held(partition).set(offset, Optional.empty());
  }

  @Override
  public void seek(TopicPartition partition, OffsetAndMetadata offset) {
    held(partition).set(offset.offset(), offset.leaderEpoch());
  }

  @Override
  public void seekToBeginning(Collection<TopicPartition> partitions) {
    beginningOffsets(partitions).forEach(this::seek);
  }

  @Override
  public void seekToEnd(Collection<TopicPartition> partitions) {
    endOffsets(partitions).forEach(this::seek);
  }

  @Override
  public long position(TopicPartition partition) {
    Position position = held(partition);
    if (position.offset.isEmpty()) {
      goToCommitted(partition, position);
    }
    compareWithLeaders(kafka(), Set.of(partition));
    return position.offset.orElseThrow();
  }

  @Override
  public long position(TopicPartition partition, Duration timeout) {
    return position(partition);
  }

  @Override
  public OptionalLong currentLag(TopicPartition partition) {
    OptionalLong offset = held(partition).offset;
    return offset.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(0, kafka().log(partition).end(isolation) - offset.getAsLong()));
  }

  @Override
  public Map<TopicPartition, Long> beginningOffsets(Collection<TopicPartition> partitions) {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    partitions.forEach(partition -> offsets.put(partition, kafka().log(partition).start()));
    return offsets;
  }

  @Override
  public Map<TopicPartition, Long> endOffsets(
      Collection<TopicPartition> partitions, Duration timeout) {
    return endOffsets(partitions);
  }

  @Override
  public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    partitions.forEach(partition -> offsets.put(partition, kafka().log(partition).end(isolation)));
    return offsets;
  }

  @Override
  public Map<TopicPartition, OffsetAndMetadata> committed(Set<TopicPartition> partitions) {
    return committed(partitions, Duration.ofMinutes(1));
  }

  /** Waits, in simulated time, for transactions that are about to change these offsets. */
  @Override
  public Map<TopicPartition, OffsetAndMetadata> committed(
      Set<TopicPartition> partitions, Duration timeout) {
    SimKafka kafka = kafka();
    SimGroup group = kafka.group(groupMetadata().groupId());
    Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>();
    boolean moving = kafka.clusterFaults().isCoordinatorMoving(groupMetadata().groupId());
    for (TopicPartition partition : partitions) {
      if (moving || kafka.isPending(group, partition)) {
        kafka.clock().sleepMs(timeout.toMillis());
        throw new TimeoutException(
            "Timeout of " + timeout.toMillis() + "ms expired before the last committed offset");
      }
      found.put(partition, group.offsets().get(partition));
    }
    return found;
  }

  @Override
  public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
    SimGroup group = kafka().group(groupMetadata().groupId());
    if (kafka().clusterFaults().isCoordinatorMoving(groupMetadata().groupId())) {
      throw new TimeoutException("Timeout expired before successfully committing offsets");
    }
    group.check(groupMetadata());
    group.put(offsets);
  }

  @Override
  public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
    commitSync(offsets);
  }

  // ------------------------------------------------------------------ end

  @Override
  public void close() {
    close(CloseOptions.timeout(Duration.ofSeconds(30)));
  }

  @Override
  public void close(CloseOptions options) {
    SimMembership member = membership;
    if (!closed && member != null) {
      GroupMembershipOperation operation = options.groupMembershipOperation();
      boolean stays =
          operation == GroupMembershipOperation.REMAIN_IN_GROUP
              || (operation == GroupMembershipOperation.DEFAULT && member.instanceId().isPresent());
      if (!stays) {
        member.leave();
      }
    }
    closed = true;
  }

  /** The process is dead. */
  void vanish() {
    if (!closed && membership != null) {
      membership.vanish();
    }
    closed = true;
  }

  /** The group takes the process for dead. */
  void expel(int unawarePolls) {
    if (membership != null) {
      membership.expelled(unawarePolls);
    }
  }

  /** A simulated client measures nothing. */
  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    return Map.of();
  }
}
