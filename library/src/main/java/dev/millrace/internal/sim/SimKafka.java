package dev.millrace.internal.sim;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.util.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of one broker, in memory.
 *
 * <p>What is simulated: logs with offsets for transaction markers, read_committed up to the last
 * stable offset, transactions with fencing and timeouts, groups by the classic cooperative
 * protocol, offsets that belong to open transactions, changes of leaders and what consumers make of
 * them. Logs are compacted where a test asks for it. What is not simulated: replicas, sessions,
 * delays, security.
 *
 * <p><b>Threads.</b> Confined to one thread, with all clients of the cluster.
 */
public final class SimKafka {

  static final Comparator<TopicPartition> BY_TOPIC_AND_PARTITION =
      Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

  static final Node NODE = new Node(1, "simulated", 9092);

  private final Clock clock;
  private final Map<String, SimTopic> topics = new TreeMap<>();
  private final Map<String, SimGroup> groups = new TreeMap<>();
  private final SimTransactions transactions = new SimTransactions(this);
  private CommitFaults commitFaults = CommitFaults.NEVER;
  private ClusterFaults clusterFaults = ClusterFaults.NEVER;
  private int reportedTruncations;
  private int lostMarkers;
  private long topicsEver;
  private long changes;

  /** Creates a cluster without topics. */
  public SimKafka(Clock clock) {
    this.clock = clock;
    create(Topic.GROUP_METADATA_TOPIC_NAME, 1, Map.of());
  }

  /** {@return the clients of one process} */
  public SimClients connect(JobConfig config) {
    return new SimClients(this, config);
  }

  /** Creates a topic with the broker's default settings; false if there is one of that name. */
  public boolean createTopic(String name, int partitions) {
    return create(name, partitions, Map.of()) != null;
  }

  /** Gives a topic more partitions; groups take notice at once. */
  public void grow(String topic, int partitions) {
    SimTopic found = topics.get(topic);
    if (found == null || partitions <= found.logs().size()) {
      throw new InvalidPartitionsException(
          "Topic " + topic + " cannot be given " + partitions + " partitions");
    }
    found.grow(partitions);
    changed();
    groups.values().forEach(SimGroup::rebalance);
  }

  /** {@return the number of partitions of a topic, empty if there is none} */
  public Optional<Integer> partitions(String topic) {
    return Optional.ofNullable(topics.get(topic)).map(found -> found.logs().size());
  }

  /** Sets what goes wrong with commits from now on. */
  public void injectFaults(CommitFaults faults) {
    commitFaults = faults;
  }

  /** Sets what else goes wrong from now on. */
  public void injectFaults(ClusterFaults faults) {
    clusterFaults = faults;
  }

  /** Makes another replica the leader of a partition; nothing is lost. */
  public void electLeader(TopicPartition partition) {
    log(partition).electLeader();
    changed();
  }

  /**
   * Makes a replica the leader that lacks what stands from an offset on, as after an unclean
   * election: that is lost.
   */
  public void truncate(TopicPartition partition, long offset) {
    log(partition).truncateTo(offset);
    changed();
  }

  /** Deletes what stands before an offset, as retention does. */
  public void deleteBefore(TopicPartition partition, long offset) {
    log(partition).deleteBefore(offset);
    changed();
  }

  /**
   * Removes the records that have a newer one with the same key, as the cleaner does with all but
   * the active segment.
   *
   * @param tombstones what becomes of tombstones
   */
  public void compact(TopicPartition partition, Tombstones tombstones) {
    log(partition).compact(tombstones);
    changed();
  }

  /** The treatment of tombstones by the cleaner. */
  public enum Tombstones {
    /** They stay, as long as {@code delete.retention.ms} has not passed. */
    KEPT,
    /** They are removed as well. */
    REMOVED
  }

  /** {@return how often a consumer has found that a log was truncated before its position} */
  public int reportedTruncations() {
    return reportedTruncations;
  }

  void truncationReported() {
    reportedTruncations++;
  }

  /** {@return a number that is another one whenever anything has changed since} */
  public long changes() {
    return changes;
  }

  /** {@return the transactional ids with an open transaction} */
  public List<String> openTransactions() {
    List<String> open = new ArrayList<>();
    for (SimTransactions.Identity identity : transactions.identities()) {
      if (identity.open() != null) {
        open.add(identity.transactionalId());
      }
    }
    return open;
  }

  /** {@return the new topic, or null if there is one of that name} */
  @Nullable SimTopic create(String name, int partitions, Map<String, String> settings) {
    if (topics.containsKey(name)) {
      return null;
    }
    SimTopic topic = new SimTopic(name, new Uuid(0x5117, ++topicsEver), partitions, settings);
    topics.put(name, topic);
    changed();
    return topic;
  }

  boolean delete(String name) {
    changed();
    return topics.remove(name) != null;
  }

  @Nullable SimTopic topic(String name) {
    return topics.get(name);
  }

  Collection<SimTopic> topics() {
    return topics.values();
  }

  /** {@return the log, or null if there is no such partition} */
  @Nullable SimLog logOrNull(TopicPartition partition) {
    SimTopic topic = topics.get(partition.topic());
    return topic == null || partition.partition() >= topic.logs().size()
        ? null
        : topic.logs().get(partition.partition());
  }

  SimLog log(TopicPartition partition) {
    SimLog log = logOrNull(partition);
    if (log == null) {
      throw new UnknownTopicOrPartitionException("There is no partition " + partition);
    }
    return log;
  }

  /** {@return the log in which the group's offsets are kept} */
  SimLog offsetsLog() {
    return log(new TopicPartition(Topic.GROUP_METADATA_TOPIC_NAME, 0));
  }

  SimGroup group(String id) {
    return groups.computeIfAbsent(id, name -> new SimGroup(this, name));
  }

  @Nullable SimGroup groupOrNull(String id) {
    return groups.get(id);
  }

  void deleteGroup(String id) {
    groups.remove(id);
    changed();
  }

  SimTransactions transactions() {
    return transactions;
  }

  CommitFaults commitFaults() {
    return commitFaults;
  }

  ClusterFaults clusterFaults() {
    return clusterFaults;
  }

  /** {@return whether a transaction without a marker may change the group's offset} */
  boolean isPending(SimGroup group, TopicPartition partition) {
    return offsetsLog().open().stream().anyMatch(span -> span.isPending(group, partition));
  }

  /** {@return how many markers coordinators have left out} */
  public int lostMarkers() {
    return lostMarkers;
  }

  /** Notes that a marker was left out; the broker that was the leader has closed connections. */
  void markerLost() {
    lostMarkers++;
  }

  /** {@return what no marker has ended: partitions, with the ids and the states of the owners} */
  public List<String> undecided() {
    List<String> undecided = new ArrayList<>();
    for (SimTransactions.Identity owner : transactions.identities()) {
      for (SimTopic topic : topics.values()) {
        for (SimLog log : topic.logs()) {
          log.open().stream()
              .filter(span -> span.producerId() == owner.producerId())
              .forEach(
                  span ->
                      undecided.add(
                          log.partition()
                              + " of epoch "
                              + span.epoch()
                              + ", "
                              + owner.transactionalId()
                              + " is "
                              + owner.state()
                              + " in epoch "
                              + owner.epoch()));
        }
      }
    }
    return undecided;
  }

  /** {@return what clients know of topics} */
  Cluster metadata() {
    List<PartitionInfo> partitions = new ArrayList<>();
    Node[] replicas = {NODE};
    for (SimTopic topic : topics.values()) {
      for (int i = 0; i < topic.logs().size(); i++) {
        partitions.add(new PartitionInfo(topic.name(), i, NODE, replicas, replicas));
      }
    }
    return new Cluster("simulated", List.of(NODE), partitions, Set.of(), Set.of());
  }

  void changed() {
    changes++;
  }

  Clock clock() {
    return clock;
  }
}
