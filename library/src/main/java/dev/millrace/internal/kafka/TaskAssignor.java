package dev.millrace.internal.kafka;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The assignor that places the tasks of a stage on the members of its group: balanced, sticky, and
 * where the state is.
 *
 * <p>Task p is partition p of every subscribed topic, so the inputs of a stage always move
 * together. The protocol is cooperative: a partition that moves is withheld until its present owner
 * has revoked it, which takes a second round.
 *
 * <p><b>Threads.</b> Confined to the thread that polls the consumer.
 */
public final class TaskAssignor implements ConsumerPartitionAssignor, Configurable {

  /** The name under which members agree on this assignor; changing it would split every group. */
  static final String NAME = "millrace-tasks";

  /** The consumer setting that carries the {@link StageMember}. */
  static final String MEMBER_CONFIG = "millrace.stage.member";

  // Every member's assignment repeats the list of all members, and the coordinator stores the whole
  // group in one record of at most 1 MB.
  private static final int MAX_ROSTER_BYTES = 256 * 1024;

  private static final Logger LOGGER = LoggerFactory.getLogger(TaskAssignor.class);

  private @Nullable StageMember member;
  private SortedSet<String> roster = new TreeSet<>();

  /** {@return an assignor that reports for a member, made without a consumer's settings} */
  public static TaskAssignor reportingFor(StageMember member) {
    TaskAssignor assignor = new TaskAssignor();
    assignor.member = member;
    return assignor;
  }

  @Override
  public void configure(Map<String, ?> configs) {
    if (configs.get(MEMBER_CONFIG) instanceof StageMember given) {
      member = given;
    }
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<RebalanceProtocol> supportedProtocols() {
    return List.of(RebalanceProtocol.COOPERATIVE);
  }

  @Override
  public @Nullable ByteBuffer subscriptionUserData(Set<String> topics) {
    return member == null ? null : member.report().encode();
  }

  @Override
  public void onAssignment(Assignment assignment, ConsumerGroupMetadata metadata) {
    Optional<AssignmentData> data = AssignmentData.decode(assignment.userData());
    data.map(AssignmentData::present)
        .filter(present -> !present.isEmpty())
        .ifPresent(present -> roster = new TreeSet<>(present));
    if (member != null && data.isPresent() && !data.get().departed().isEmpty()) {
      member.onPeersDeparted(data.get().departed());
    }
  }

  @Override
  public GroupAssignment assign(Cluster metadata, GroupSubscription group) {
    SortedMap<String, Subscription> subscriptions = new TreeMap<>(group.groupSubscription());
    SortedMap<String, Optional<MemberData>> data = new TreeMap<>();
    subscriptions.forEach(
        (id, subscription) -> data.put(id, MemberData.decode(subscription.userData())));

    SortedSet<String> topics = agreedTopics(subscriptions);
    SortedMap<Integer, List<TopicPartition>> inputs = inputsByTask(metadata, topics);
    Claims claims = Claims.of(subscriptions);

    List<TaskPlacement.Member> members = new ArrayList<>();
    subscriptions.forEach(
        (id, subscription) -> {
          if (new TreeSet<>(subscription.topics()).equals(topics)) {
            members.add(asPlaced(id, data.getOrDefault(id, Optional.empty()), inputs, claims));
          } else {
            LOGGER
                .atWarn()
                .addKeyValue("member", id)
                .addKeyValue("topics", subscription.topics())
                .addKeyValue("others", topics)
                .log("Member gets no tasks: it reads other topics than most members of its group");
          }
        });
    int tasks = inputs.isEmpty() ? 0 : inputs.lastKey() + 1;
    SortedMap<String, SortedSet<Integer>> placement = TaskPlacement.place(tasks, members);
    return assignment(subscriptions, data, partitionsNow(placement, inputs, claims), claims);
  }

  /** The topics that most members read; during an upgrade that changes them there are two sets. */
  private static SortedSet<String> agreedTopics(Map<String, Subscription> subscriptions) {
    Map<SortedSet<String>, Integer> votes = new HashMap<>();
    subscriptions
        .values()
        .forEach(
            subscription -> votes.merge(new TreeSet<>(subscription.topics()), 1, Integer::sum));
    return votes.entrySet().stream()
        .max(
            Comparator.comparing((Map.Entry<SortedSet<String>, Integer> vote) -> vote.getValue())
                .thenComparing(vote -> vote.getKey().size())
                .thenComparing(vote -> vote.getKey().toString()))
        .map(Map.Entry::getKey)
        .orElseGet(TreeSet::new);
  }

  private static SortedMap<Integer, List<TopicPartition>> inputsByTask(
      Cluster metadata, SortedSet<String> topics) {
    SortedMap<Integer, List<TopicPartition>> inputs = new TreeMap<>();
    for (String topic : topics) {
      Integer partitions = metadata.partitionCountForTopic(topic);
      for (int p = 0; partitions != null && p < partitions; p++) {
        inputs.computeIfAbsent(p, absent -> new ArrayList<>()).add(new TopicPartition(topic, p));
      }
    }
    return inputs;
  }

  private static TaskPlacement.Member asPlaced(
      String id,
      Optional<MemberData> data,
      SortedMap<Integer, List<TopicPartition>> inputs,
      Claims claims) {
    SortedSet<Integer> owned = new TreeSet<>();
    inputs.forEach(
        (task, partitions) -> {
          if (id.equals(claims.ownerOf(partitions))) {
            owned.add(task);
          }
        });
    // A member about which nothing is known counts as an instance of its own, without state.
    return new TaskPlacement.Member(
        id,
        data.map(MemberData::instanceId).orElse(id),
        owned,
        data.map(MemberData::heldTasks).orElseGet(TreeMap::new));
  }

  /** The partitions that each member may have in this round. */
  private static SortedMap<String, List<TopicPartition>> partitionsNow(
      SortedMap<String, SortedSet<Integer>> placement,
      SortedMap<Integer, List<TopicPartition>> inputs,
      Claims claims) {
    Map<Integer, Set<String>> claimants = new HashMap<>();
    inputs.forEach((task, partitions) -> claimants.put(task, claims.claimantsOf(partitions)));
    SortedMap<String, SortedSet<Integer>> granted = TaskPlacement.grant(placement, claimants);
    SortedMap<String, List<TopicPartition>> result = new TreeMap<>();
    placement.forEach(
        (id, wanted) -> {
          List<TopicPartition> now = new ArrayList<>();
          for (int task : wanted) {
            boolean whole = granted.getOrDefault(id, new TreeSet<>()).contains(task);
            for (TopicPartition partition : inputs.getOrDefault(task, List.of())) {
              // The new owner of a task that is withheld keeps those of its partitions that it has
              // already.
              if (whole || id.equals(claims.ownerOf(List.of(partition)))) {
                now.add(partition);
              }
            }
          }
          result.put(id, now);
        });
    return result;
  }

  private GroupAssignment assignment(
      SortedMap<String, Subscription> subscriptions,
      SortedMap<String, Optional<MemberData>> data,
      SortedMap<String, List<TopicPartition>> partitions,
      Claims claims) {
    SortedSet<String> present = new TreeSet<>();
    for (Optional<MemberData> reported : data.values()) {
      if (reported.isPresent() && !reported.get().transactionalId().isEmpty()) {
        present.add(reported.get().transactionalId());
      }
    }
    SortedSet<String> departed = new TreeSet<>(roster);
    departed.removeAll(present);
    roster = present;
    int rosterBytes = present.stream().mapToInt(String::length).sum() + present.size();
    boolean small = (long) rosterBytes * subscriptions.size() <= MAX_ROSTER_BYTES;

    Set<String> told = newOwners(subscriptions.keySet(), partitions, claims);
    Map<String, Assignment> result = new HashMap<>();
    for (String id : subscriptions.keySet()) {
      AssignmentData message =
          new AssignmentData(
              told.contains(id) ? departed : new TreeSet<>(), small ? present : new TreeSet<>());
      result.put(id, new Assignment(partitions.getOrDefault(id, List.of()), message.encode()));
    }
    return new GroupAssignment(result);
  }

  /**
   * The members that get new partitions; the first member if none does, since a transaction that a
   * dead member left open stalls readers elsewhere too.
   */
  private static Set<String> newOwners(
      Set<String> ids, SortedMap<String, List<TopicPartition>> partitions, Claims claims) {
    Set<String> result = new TreeSet<>();
    partitions.forEach(
        (id, now) -> {
          if (now.stream().anyMatch(partition -> !id.equals(claims.ownerOf(List.of(partition))))) {
            result.add(id);
          }
        });
    if (result.isEmpty()) {
      ids.stream().limit(1).forEach(result::add);
    }
    return result;
  }

  /**
   * The partitions that members claim to own. The claim of the highest generation is the owner's;
   * every other claim delays a hand-over all the same, since that member may still commit when it
   * revokes.
   */
  private record Claims(
      Map<TopicPartition, String> owners, Map<TopicPartition, Set<String>> claimants) {

    static Claims of(SortedMap<String, Subscription> subscriptions) {
      Map<TopicPartition, Integer> generations = new HashMap<>();
      Map<TopicPartition, String> owners = new HashMap<>();
      Map<TopicPartition, Set<String>> claimants = new HashMap<>();
      subscriptions.forEach(
          (id, subscription) -> {
            int generation = subscription.generationId().orElse(-1);
            for (TopicPartition partition : subscription.ownedPartitions()) {
              claimants.computeIfAbsent(partition, absent -> new HashSet<>()).add(id);
              Integer other = generations.get(partition);
              if (other == null || generation > other) {
                generations.put(partition, generation);
                owners.put(partition, id);
              } else if (generation == other) {
                owners.remove(partition); // two equal claims: neither counts
              }
            }
          });
      return new Claims(owners, claimants);
    }

    /** {@return the owner of the first of these partitions that has an owner} */
    @Nullable String ownerOf(List<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) {
        String owner = owners.get(partition);
        if (owner != null) {
          return owner;
        }
      }
      return null;
    }

    /** {@return all members that claim any of these partitions, including outdated claims} */
    Set<String> claimantsOf(List<TopicPartition> partitions) {
      Set<String> result = new HashSet<>();
      for (TopicPartition partition : partitions) {
        result.addAll(claimants.getOrDefault(partition, Set.of()));
      }
      return result;
    }
  }
}
