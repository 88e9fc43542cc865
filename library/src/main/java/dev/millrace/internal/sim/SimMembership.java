package dev.millrace.internal.sim;

import dev.millrace.internal.kafka.TaskAssignor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.jspecify.annotations.Nullable;

/**
 * A consumer's side of its group: joins, keeps what it has while others join, releases what goes to
 * them, and then joins again. One that was put out finds out with a poll, and joins with the next.
 * Until then it reads on, and its commits are refused. One that was put out before its first
 * partitions arrived keeps these, and does not find out.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimMembership {

  private static final int NO_GENERATION = -1;

  private final SimGroup group;
  private final String groupId;
  private final String clientId;
  private final Optional<String> instanceId;
  private final TaskAssignor assignor;
  private final Holdings holdings;
  private final List<String> topics = new ArrayList<>();
  private @Nullable ConsumerRebalanceListener listener;
  private String memberId = "";
  private int generation = NO_GENERATION;

  /** How many polls pass before it joins again, still holding what it got when it was put out. */
  private int pollsUntilReturn;

  private boolean claimsNothing;

  /** How many polls pass before it finds out that it was put out. */
  private int pollsUntilNotice;

  /** The partitions that the consumer reads by order of the group. */
  interface Holdings {

    /** {@return the present ones} */
    Set<TopicPartition> now();

    /** Makes these the present ones; those that stay keep their positions. */
    void become(Set<TopicPartition> partitions);
  }

  SimMembership(
      SimGroup group,
      String groupId,
      String clientId,
      Optional<String> instanceId,
      TaskAssignor assignor,
      Holdings holdings) {
    this.group = group;
    this.groupId = groupId;
    this.clientId = clientId;
    this.instanceId = instanceId;
    this.assignor = assignor;
    this.holdings = holdings;
  }

  void subscribe(List<String> wanted, @Nullable ConsumerRebalanceListener callbacks) {
    topics.clear();
    topics.addAll(wanted);
    listener = callbacks;
  }

  Set<String> topics() {
    return new TreeSet<>(topics);
  }

  String clientId() {
    return clientId;
  }

  Optional<String> instanceId() {
    return instanceId;
  }

  ConsumerPartitionAssignor assignor() {
    return assignor;
  }

  @SuppressWarnings("removal") // there is no other way to make one yet
  ConsumerGroupMetadata metadata() {
    return new ConsumerGroupMetadata(groupId, generation, memberId, instanceId);
  }

  /** The part of a poll that has to do with the group; calls the listener. */
  void poll() {
    if (pollsUntilReturn > 0 && --pollsUntilReturn > 0) {
      group.willReturn();
      return;
    }
    if (!memberId.isEmpty() && !group.hasMember(memberId)) {
      if (pollsUntilNotice > 0) {
        pollsUntilNotice--;
        group.willReturn();
        return;
      }
      if (group.withInstanceId(instanceId).isPresent()) {
        throw new FencedInstanceIdException(
            "Another consumer joined group " + groupId + " as " + instanceId.orElse(""));
      }
      lose(sorted(holdings.now()));
      return; // It comes back with the next poll.
    }
    if (memberId.isEmpty()) {
      memberId = group.add(this);
    }
    if (group.awaits(memberId)) {
      group.join(memberId, subscription());
    }
    Assignment news = group.poll(memberId);
    if (news != null) {
      adopt(news);
    }
  }

  private Subscription subscription() {
    Subscription subscription =
        new Subscription(
            List.copyOf(topics),
            assignor.subscriptionUserData(topics()),
            claimsNothing ? List.of() : sorted(holdings.now()),
            generation,
            Optional.empty());
    subscription.setGroupInstanceId(instanceId);
    return subscription;
  }

  private void adopt(Assignment news) {
    generation = group.generation();
    claimsNothing = false;
    Set<TopicPartition> assigned = new TreeSet<>(SimKafka.BY_TOPIC_AND_PARTITION);
    assigned.addAll(news.partitions());
    List<TopicPartition> revoked = sorted(holdings.now());
    revoked.removeAll(assigned);
    List<TopicPartition> kept = sorted(holdings.now());
    kept.retainAll(assigned);
    List<TopicPartition> added = sorted(assigned);
    added.removeAll(kept);
    ConsumerRebalanceListener callbacks = listener;
    if (!revoked.isEmpty() && callbacks != null) {
      callbacks.onPartitionsRevoked(revoked);
    }
    holdings.become(assigned);
    assignor.onAssignment(news, metadata());
    if (callbacks != null) {
      callbacks.onPartitionsAssigned(added);
    }
    if (!kept.isEmpty() && !added.isEmpty() && group.fencesAmidAssignment()) {
      group.remove(memberId);
      lose(kept);
      return;
    }
    if (kept.isEmpty() && revoked.isEmpty() && !added.isEmpty()) {
      pollsUntilReturn = group.fencesAmidFirstAssignment();
      if (pollsUntilReturn > 0) {
        group.remove(memberId);
        memberId = ""; // Its generation stays what it was: a commit is refused until it is back.
        claimsNothing = true;
        group.willReturn();
        return;
      }
    }
    if (!revoked.isEmpty()) {
      group.rebalance();
    }
  }

  /**
   * The group has gone on without this member.
   *
   * @param named what the listener gets as lost; whatever else there is is gone as well
   */
  private void lose(List<TopicPartition> named) {
    memberId = "";
    generation = NO_GENERATION;
    ConsumerRebalanceListener callbacks = listener;
    if (!named.isEmpty() && callbacks != null) {
      callbacks.onPartitionsLost(named);
    }
    holdings.become(Set.of());
    group.willReturn();
  }

  /** Leaves the group in good order, after releasing everything. */
  void leave() {
    List<TopicPartition> given = sorted(holdings.now());
    ConsumerRebalanceListener callbacks = listener;
    if (!given.isEmpty() && callbacks != null) {
      if (group.hasMember(memberId)) {
        callbacks.onPartitionsRevoked(given);
      } else {
        callbacks.onPartitionsLost(given);
      }
    }
    vanish();
  }

  /** Is out of the group, and will find out at the poll after so many more. */
  void expelled(int unawarePolls) {
    group.remove(memberId);
    pollsUntilNotice = unawarePolls;
  }

  /** Is out of the group from now on; the listener is not called. */
  void vanish() {
    holdings.become(Set.of());
    group.remove(memberId);
    memberId = "";
    generation = NO_GENERATION;
    pollsUntilNotice = 0;
    pollsUntilReturn = 0;
    claimsNothing = false;
  }

  private static List<TopicPartition> sorted(Set<TopicPartition> partitions) {
    List<TopicPartition> list = new ArrayList<>(partitions);
    list.sort(SimKafka.BY_TOPIC_AND_PARTITION);
    return list;
  }
}
