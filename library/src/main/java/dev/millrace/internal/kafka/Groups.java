package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupResult;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Utils;

/**
 * The consumer groups of a cluster, with their members and committed offsets, through the admin
 * client.
 *
 * <p>Every method waits for its answer, for about ten seconds at most.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> As those of {@link Topics}, and as documented at the methods.
 */
public final class Groups {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Admin admin;
  private final Await patience;
  private final AdminCalls calls;

  /** Works through the given admin client and waits by the given clock. */
  public Groups(Admin admin, JobConfig config, Clock clock) {
    this.admin = admin;
    this.patience = new Await(clock, PATIENCE);
    this.calls = AdminCalls.to(config);
  }

  /**
   * {@return the group's committed offsets; those that an open transaction is about to change count
   * as not committed}
   *
   * <p>For callers that only need a lower bound, such as for lag or deletion.
   */
  public Map<TopicPartition, OffsetAndMetadata> committedOffsets(String group) {
    Map<TopicPartition, OffsetAndMetadata> result = Offsets.sorted();
    committedOffsets(group, new ListConsumerGroupOffsetsSpec(), Stability.ANY)
        .forEach(
            (partition, offset) -> {
              if (offset != null) { // null means: none for this partition
                result.put(partition, offset);
              }
            });
    return result;
  }

  /**
   * {@return all committed offsets of the group, each of which no open transaction is about to
   * change}
   *
   * @throws JobActiveException if such a transaction stays open too long
   */
  public Map<TopicPartition, OffsetAndMetadata> stableCommittedOffsets(String group) {
    Map<TopicPartition, OffsetAndMetadata> found =
        committedOffsets(group, new ListConsumerGroupOffsetsSpec(), Stability.ANY);
    return stableCommittedOffsets(group, found.keySet());
  }

  /**
   * {@return the committed offsets of the group for those of these partitions that have one, each
   * of which no open transaction is about to change}
   *
   * @throws JobActiveException if such a transaction stays open too long
   */
  public Map<TopicPartition, OffsetAndMetadata> stableCommittedOffsets(
      String group, Collection<TopicPartition> partitions) {
    Map<TopicPartition, OffsetAndMetadata> result = Offsets.sorted();
    Set<TopicPartition> undecided = new HashSet<>(partitions);
    // Few commits take longer than the first waits; the client logs a warning for each query.
    return patience.until(
        () -> {
          if (!undecided.isEmpty()) {
            decided(group, undecided)
                .forEach(
                    (partition, offset) -> {
                      undecided.remove(partition);
                      if (offset != null) {
                        result.put(partition, offset);
                      }
                    });
          }
          return undecided.isEmpty() ? Optional.of(result) : Optional.empty();
        },
        () ->
            new JobActiveException(
                "Cannot read the committed offsets of group "
                    + group
                    + ": a transaction over "
                    + undecided
                    + " is still undecided. Try again when its owner has committed, or fence it."));
  }

  /**
   * {@return those of these partitions whose committed offsets an open transaction is about to
   * change, as the group's coordinator answers}
   */
  public Set<TopicPartition> undecided(String group, Collection<TopicPartition> partitions) {
    Set<TopicPartition> undecided = new HashSet<>(partitions);
    undecided.removeAll(decided(group, partitions).keySet());
    return undecided;
  }

  /**
   * The decided offsets, null for a partition without one. The admin client leaves undecided
   * partitions out of its answer, without an error.
   */
  private Map<TopicPartition, OffsetAndMetadata> decided(
      String group, Collection<TopicPartition> partitions) {
    return committedOffsets(
        group,
        new ListConsumerGroupOffsetsSpec().topicPartitions(List.copyOf(partitions)),
        Stability.REQUIRED);
  }

  private enum Stability {
    ANY,
    REQUIRED
  }

  private Map<TopicPartition, OffsetAndMetadata> committedOffsets(
      String group, ListConsumerGroupOffsetsSpec partitions, Stability stability) {
    ListConsumerGroupOffsetsOptions options =
        new ListConsumerGroupOffsetsOptions().requireStable(stability == Stability.REQUIRED);
    return calls
        .unless(
            GroupIdNotFoundException.class,
            "read the committed offsets of group " + group,
            admin
                .listConsumerGroupOffsets(Map.of(group, partitions), options)
                .partitionsToOffsetAndMetadata(group),
            Right.onGroup(AclOperation.DESCRIBE, group))
        .orElseGet(Map::of);
  }

  /**
   * {@return where the group's offsets are kept; empty while no group has committed anything yet}
   */
  public Optional<TopicPartition> offsetsPartition(String group) {
    String topic = Topic.GROUP_METADATA_TOPIC_NAME;
    return calls
        .unless(
            UnknownTopicOrPartitionException.class,
            "look up topic " + topic,
            admin.describeTopics(List.of(topic)).topicNameValues().get(topic),
            Right.onTopic(AclOperation.DESCRIBE, topic))
        .map(
            found ->
                // As group coordinators have it: the amount, not what is left without the sign.
                new TopicPartition(topic, Utils.abs(group.hashCode()) % found.partitions().size()));
  }

  /**
   * Writes committed offsets of a group that has no members.
   *
   * @throws MillraceException if it has members
   */
  public void writeOffsets(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
    calls.result(
        "write the first offsets of group " + group,
        admin.alterConsumerGroupOffsets(group, offsets).all(),
        Right.onGroup(AclOperation.READ, group),
        Right.onTopicsOf(AclOperation.READ, offsets.keySet()));
  }

  /**
   * Deletes a group with its offsets, if there is one.
   *
   * @throws JobActiveException if it has members
   */
  public void delete(String group) {
    try {
      calls.unless(
          GroupIdNotFoundException.class,
          "delete group " + group,
          admin.deleteConsumerGroups(List.of(group)).deletedGroups().get(group),
          Right.onGroup(AclOperation.DELETE, group));
    } catch (MillraceException e) {
      throw e.getCause() instanceof GroupNotEmptyException
          ? new JobActiveException(
              "Cannot delete group "
                  + group
                  + ": it has members. Stop all instances of the job, and try again.",
              e)
          : e;
    }
  }

  /** {@return the members of the group; none if there is no such group} */
  public List<GroupMember> activeMembers(String group) {
    return calls
        .unless(
            GroupIdNotFoundException.class,
            "look up the members of group " + group,
            admin.describeConsumerGroups(List.of(group)).describedGroups().get(group),
            Right.onGroup(AclOperation.DESCRIBE, group))
        .map(
            found ->
                found.members().stream()
                    .map(
                        member ->
                            new GroupMember(
                                member.consumerId(),
                                member.clientId(),
                                member.groupInstanceId(),
                                member.host()))
                    .sorted(Comparator.comparing(GroupMember::memberId))
                    .toList())
        .orElseGet(List::of);
  }

  /**
   * Removes static members that are known to be dead, so that nobody waits for their session. One
   * that is no member, because it had not joined or was missed, is removed already.
   */
  public void evict(String group, Collection<String> groupInstanceIds) {
    if (groupInstanceIds.isEmpty()) {
      return;
    }
    List<MemberToRemove> members =
        new TreeSet<>(groupInstanceIds).stream().map(MemberToRemove::new).toList();
    RemoveMembersFromConsumerGroupResult removed =
        admin.removeMembersFromConsumerGroup(
            group, new RemoveMembersFromConsumerGroupOptions(members));
    for (MemberToRemove member : members) {
      var ignored =
          calls.unless(
              UnknownMemberIdException.class,
              "remove dead members of group " + group,
              removed.memberResult(member),
              Right.onGroup(AclOperation.READ, group));
    }
  }

  /** Removes all members of a group that is there; those that live join again at once. */
  public void evictAll(String group) {
    calls.result(
        "remove the members of group " + group,
        admin
            .removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions())
            .all(),
        Right.onGroup(AclOperation.READ, group));
  }
}
