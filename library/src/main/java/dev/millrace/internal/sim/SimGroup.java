package dev.millrace.internal.sim;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator of one group: committed offsets, and members by the classic protocol.
 *
 * <p>A round of joining is complete when all members have joined; the first of them places the
 * partitions with its assignor. Time plays no part: a member stays until it leaves or is removed.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimGroup {

  private final SimKafka kafka;
  private final String id;
  private final Map<TopicPartition, OffsetAndMetadata> offsets =
      new TreeMap<>(SimKafka.BY_TOPIC_AND_PARTITION);
  private final Map<String, Member> members = new LinkedHashMap<>();
  private int generation;
  private int membersEver;
  private boolean rebalancing;

  /**
   * The first member of an empty group, until it has polled twice: others that start at the same
   * time get into the same round.
   */
  private @Nullable Member delayedFor;

  /** A member as the coordinator knows it. */
  static final class Member {
    private final String memberId;
    private final SimMembership side;
    private @Nullable Subscription joinedWith;
    private @Nullable Assignment assignment;
    private boolean polled;

    private Member(String memberId, SimMembership side) {
      this.memberId = memberId;
      this.side = side;
    }

    String memberId() {
      return memberId;
    }

    SimMembership side() {
      return side;
    }
  }

  SimGroup(SimKafka kafka, String id) {
    this.kafka = kafka;
    this.id = id;
  }

  // ------------------------------------------------------------------ members

  Collection<Member> members() {
    return members.values();
  }

  int generation() {
    return generation;
  }

  boolean hasMember(String memberId) {
    return members.containsKey(memberId);
  }

  /** {@return the id of the new member, which takes the place of one with its instance id} */
  String add(SimMembership side) {
    withInstanceId(side.instanceId()).ifPresent(former -> remove(former.memberId));
    String memberId = side.instanceId().orElse(side.clientId()) + "-" + ++membersEver;
    Member member = new Member(memberId, side);
    if (members.isEmpty()) {
      delayedFor = member;
    }
    members.put(memberId, member);
    rebalance();
    return memberId;
  }

  /** Takes a member out, whether it wanted to leave or is dead. */
  void remove(String memberId) {
    Member removed = members.remove(memberId);
    if (removed == null) {
      return;
    }
    if (removed == delayedFor) {
      delayedFor = null;
    }
    rebalance();
  }

  Optional<Member> withInstanceId(Optional<String> instanceId) {
    return instanceId.flatMap(
        wanted ->
            members.values().stream()
                .filter(member -> member.side.instanceId().equals(instanceId))
                .findFirst());
  }

  /** {@return whether it goes on without a member to which an assignment is on its way} */
  boolean fencesAmidAssignment() {
    return kafka.clusterFaults().fencesAmidAssignment(id);
  }

  /**
   * {@return with which poll a member comes back without which it goes on while the member's first
   * partitions are on their way to it; 0 if it does not}
   */
  int fencesAmidFirstAssignment() {
    return kafka.clusterFaults().fencesAmidFirstAssignment(id);
  }

  /** Notes that a former member has found out, and will come back. */
  void willReturn() {
    kafka.changed();
  }

  /** Makes all members join again. */
  void rebalance() {
    rebalancing = !members.isEmpty();
    for (Member member : members.values()) {
      member.joinedWith = null;
      member.assignment = null;
    }
    kafka.changed();
  }

  boolean awaits(String memberId) {
    Member member = members.get(memberId);
    return rebalancing && member != null && member.joinedWith == null;
  }

  void join(String memberId, Subscription subscription) {
    Member member = members.get(memberId);
    if (member != null) {
      member.joinedWith = subscription;
      kafka.changed();
    }
  }

  /**
   * {@return the assignment that a member that polls has not received yet; null if there is none}
   */
  @Nullable Assignment poll(String memberId) {
    Member member = members.get(memberId);
    if (member == null) {
      return null;
    }
    if (member == delayedFor && member.polled) {
      delayedFor = null;
    }
    member.polled = true;
    completeIfAllJoined();
    Assignment news = member.assignment;
    member.assignment = null;
    if (news != null) {
      kafka.changed();
    }
    return news;
  }

  private void completeIfAllJoined() {
    if (!rebalancing || delayedFor != null) {
      return;
    }
    Map<String, Subscription> subscriptions = new LinkedHashMap<>();
    for (Member member : members.values()) {
      Subscription subscription = member.joinedWith;
      if (subscription == null) {
        return;
      }
      subscriptions.put(member.memberId, subscription);
    }
    Member leader = members.values().iterator().next();
    Map<String, Assignment> assignments =
        leader
            .side
            .assignor()
            .assign(kafka.metadata(), new GroupSubscription(subscriptions))
            .groupAssignment();
    generation++;
    rebalancing = false;
    for (Member member : members.values()) {
      member.assignment =
          assignments.getOrDefault(member.memberId, new Assignment(List.of(), null));
    }
    kafka.changed();
  }

  // ------------------------------------------------------------------ offsets

  Map<TopicPartition, OffsetAndMetadata> offsets() {
    return offsets;
  }

  void put(Map<TopicPartition, OffsetAndMetadata> committed) {
    offsets.putAll(committed);
    kafka.changed();
  }

  /**
   * Refuses offsets of those who are not in the group any more. As brokers do, it accepts offsets
   * of those who do not claim to be members, and offsets of partitions that are another member's.
   */
  void check(ConsumerGroupMetadata who) {
    if (who.generationId() < 0 && who.memberId().isEmpty()) {
      return;
    }
    Optional<Member> holder = withInstanceId(who.groupInstanceId());
    if (holder.isPresent() && !holder.get().memberId.equals(who.memberId())) {
      throw new FencedInstanceIdException(
          "The group instance id " + who.groupInstanceId() + " of group " + id + " is another's");
    }
    if (!members.containsKey(who.memberId()) || who.generationId() != generation) {
      throw new CommitFailedException(
          "Transaction offset Commit failed due to consumer group metadata mismatch: member "
              + who.memberId()
              + " of generation "
              + who.generationId()
              + " is not in generation "
              + generation
              + " of group "
              + id);
    }
  }
}
