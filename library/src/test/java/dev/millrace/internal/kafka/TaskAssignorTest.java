package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.RebalanceProtocol;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class TaskAssignorTest {

  @SuppressWarnings("removal") // there is no other way to make one outside a consumer
  private static final ConsumerGroupMetadata GROUP =
      new ConsumerGroupMetadata("g", 1, "m", Optional.empty());

  private final TaskAssignor assignor = new TaskAssignor();
  private final Map<String, Subscription> members = new TreeMap<>();

  @Test
  void onlyTheCooperativeProtocolIsSpoken() {
    assertThat(assignor.supportedProtocols()).containsExactly(RebalanceProtocol.COOPERATIVE);
    assertThat(assignor.name()).isEqualTo("millrace-tasks");
  }

  @Test
  void partitionsOfAllTopicsMoveTogether() {
    join("a", List.of("x", "y"), data("i", "t-a"), List.of(), 1);
    join("b", List.of("x", "y"), data("j", "t-b"), List.of(), 1);
    Map<String, Assignment> result = assign(Map.of("x", 4, "y", 4));
    for (Assignment assignment : result.values()) {
      assertThat(assignment.partitions()).hasSize(4);
      assertThat(tasksOf("x", assignment)).isEqualTo(tasksOf("y", assignment));
    }
  }

  @Test
  void aTaskThatMovesIsWithheldFromItsNewOwnerWhole() {
    join("a", List.of("x", "y"), data("i", "t-a"), both(0, 1), 5);
    join("b", List.of("x", "y"), data("j", "t-b"), List.of(), -1);
    Map<String, Assignment> first = assign(Map.of("x", 2, "y", 2));
    assertThat(first.get("a").partitions()).hasSize(2);
    assertThat(first.get("b").partitions()).isEmpty();

    join("a", List.of("x", "y"), data("i", "t-a"), first.get("a").partitions(), 6);
    join("b", List.of("x", "y"), data("j", "t-b"), List.of(), 6);
    Map<String, Assignment> second = assign(Map.of("x", 2, "y", 2));
    assertThat(second.get("a").partitions()).isEqualTo(first.get("a").partitions());
    assertThat(second.get("b").partitions()).hasSize(2);
  }

  @Test
  void theClaimOfTheHighestGenerationIsBelieved() {
    join("a", List.of("x"), data("i", "t-a"), List.of(tp("x", 0), tp("x", 1)), 4);
    join("b", List.of("x"), data("j", "t-b"), List.of(tp("x", 1)), 5);
    Map<String, Assignment> result = assign(Map.of("x", 2));
    assertThat(result.get("b").partitions()).containsExactly(tp("x", 1));
    assertThat(result.get("a").partitions()).containsExactly(tp("x", 0));
  }

  @Test
  void whatTwoClaimEquallyGoesToNobodyUntilBothLetGo() {
    join("a", List.of("x"), data("i", "t-a"), List.of(tp("x", 0)), 5);
    join("b", List.of("x"), data("j", "t-b"), List.of(tp("x", 0)), 5);
    Map<String, Assignment> result = assign(Map.of("x", 1));
    assertThat(result.get("a").partitions()).isEmpty();
    assertThat(result.get("b").partitions()).isEmpty();
  }

  @Test
  void aTaskThatIsSplitBetweenTwoIsReunited() {
    join("a", List.of("x", "y"), data("i", "t-a"), List.of(tp("x", 0)), 5);
    join("b", List.of("x", "y"), data("j", "t-b"), List.of(tp("y", 0)), 5);
    Map<String, Assignment> first = assign(Map.of("x", 1, "y", 1));
    List<TopicPartition> kept = new ArrayList<>(first.get("a").partitions());
    kept.addAll(first.get("b").partitions());
    assertThat(kept).hasSize(1);
    join("a", List.of("x", "y"), data("i", "t-a"), first.get("a").partitions(), 6);
    join("b", List.of("x", "y"), data("j", "t-b"), first.get("b").partitions(), 6);
    Map<String, Assignment> second = assign(Map.of("x", 1, "y", 1));
    assertThat(List.of(second.get("a").partitions().size(), second.get("b").partitions().size()))
        .containsExactlyInAnyOrder(0, 2);
  }

  @Test
  void stateDecidesWhereFreeTasksGo() {
    join("a", List.of("x"), data("i", "t-a", Map.of(1, 9L)), List.of(), -1);
    join("b", List.of("x"), data("j", "t-b", Map.of(0, 9L)), List.of(), -1);
    Map<String, Assignment> result = assign(Map.of("x", 2));
    assertThat(result.get("a").partitions()).containsExactly(tp("x", 1));
    assertThat(result.get("b").partitions()).containsExactly(tp("x", 0));
  }

  @Test
  void membersOfAnUnknownVersionAreServedWithoutTheirState() {
    ByteBuffer future = ByteBuffer.wrap(new byte[] {9, 9, 1, 2, 3});
    join("a", List.of("x"), future, List.of(), 1);
    join("b", List.of("x"), null, List.of(), 1);
    join("c", List.of("x"), ByteBuffer.wrap(new byte[] {1, 1, 127, 1}), List.of(), 1);
    Map<String, Assignment> result = assign(Map.of("x", 3));
    assertThat(result.values()).allMatch(assignment -> assignment.partitions().size() == 1);
  }

  @Test
  void aLaterVersionThatThisOneCanReadIsRead() {
    ByteBuffer known = data("i", "t", Map.of(3, 7L));
    byte[] bytes = new byte[known.remaining() + 2];
    known.get(bytes, 0, known.remaining());
    bytes[0] = 2; // version 2, readable by 1, two bytes more than version 1 knows
    assertThat(MemberData.decode(ByteBuffer.wrap(bytes)))
        .contains(MemberData.of("i", "t", Map.of(3, 7L)));
  }

  @Test
  void bytesOfMembersAreAsDocumented() {
    ByteBuffer bytes = MemberData.of("i", "t", Map.of(3, 7L)).encode();
    assertThat(bytes.array()).isEqualTo(new byte[] {1, 1, 1, 'i', 1, 't', 1, 3, 14});
    ByteBuffer assigned =
        new AssignmentData(new TreeSet<>(Set.of("d")), new TreeSet<>(Set.of("p"))).encode();
    assertThat(assigned.array()).isEqualTo(new byte[] {1, 1, 1, 1, 'd', 1, 1, 'p'});
  }

  @Test
  void randomBytesNeverThrow() {
    long seed = 20260101;
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      if (bytes.length > 1) {
        bytes[0] = 1;
        bytes[1] = 1;
      }
      MemberData.decode(ByteBuffer.wrap(bytes));
      AssignmentData.decode(ByteBuffer.wrap(bytes));
    }
  }

  @Test
  void newOwnersLearnWhoDeparted() {
    join("a", List.of("x"), data("i", "t-a"), List.of(), 1);
    join("b", List.of("x"), data("j", "t-b"), List.of(), 1);
    Map<String, Assignment> before = assign(Map.of("x", 2));
    assertThat(departed(before.get("a"))).isEmpty();

    TaskAssignor successor = new TaskAssignor();
    List<Set<String>> heard = new ArrayList<>();
    successor.configure(Map.of(TaskAssignor.MEMBER_CONFIG, listener(heard)));
    successor.onAssignment(before.get("b"), GROUP);
    members.remove("a");
    join("b", List.of("x"), data("j", "t-b"), before.get("b").partitions(), 2);
    Map<String, Assignment> after = assign(successor, Map.of("x", 2));
    assertThat(departed(after.get("b"))).containsExactly("t-a");
    successor.onAssignment(after.get("b"), GROUP);
    assertThat(heard).containsExactly(Set.of("t-a"));
  }

  @Test
  void anIdThatCameBackHasNotDeparted() {
    join("a", List.of("x"), data("i", "t-a"), List.of(), 1);
    join("b", List.of("x"), data("j", "t-b"), List.of(), 1);
    assign(Map.of("x", 2));
    members.remove("a");
    join("a2", List.of("x"), data("i", "t-a"), List.of(), -1);
    assertThat(assign(Map.of("x", 2)).values()).allMatch(a -> departed(a).isEmpty());
  }

  @Test
  void rostersOfLargeGroupsAreLeftOut() {
    for (int i = 0; i < 100; i++) {
      String id = String.format("%03d", i);
      join(id, List.of("x"), data("i" + id, "a-long-transactional-id-of-" + id), List.of(), 1);
    }
    Map<String, Assignment> result = assign(Map.of("x", 10));
    assertThat(result.values())
        .allMatch(a -> AssignmentData.decode(a.userData()).orElseThrow().present().isEmpty());
    int bytes = result.values().stream().mapToInt(a -> a.userData().remaining()).sum();
    assertThat(bytes).isLessThan(64 * 1024);
  }

  @Test
  void membersThatReadOtherTopicsThanMostGetNothing() {
    join("a", List.of("x"), data("i", "t-a"), List.of(), 1);
    join("b", List.of("x"), data("j", "t-b"), List.of(), 1);
    join("c", List.of("x", "y"), data("k", "t-c"), List.of(), 1);
    Map<String, Assignment> result = assign(Map.of("x", 2, "y", 2));
    assertThat(result.get("c").partitions()).isEmpty();
    assertThat(result.get("a").partitions()).hasSize(1);
  }

  @Test
  void aTopicWithoutMetadataWaits() {
    join("a", List.of("x", "y"), data("i", "t-a"), List.of(), 1);
    assertThat(assign(Map.of("x", 2)).get("a").partitions())
        .containsExactlyInAnyOrder(tp("x", 0), tp("x", 1));
    assertThat(assign(Map.of()).get("a").partitions()).isEmpty();
  }

  @Test
  void randomGroupsSettleInTwoRoundsWithEveryPartitionOwnedOnce() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      members.clear();
      int partitions = 1 + random.nextInt(12);
      Map<String, List<TopicPartition>> owned = new TreeMap<>();
      int generation = 1;
      for (int change = 0; change < 6; change++) {
        if (owned.size() > 1 && random.nextBoolean()) {
          owned.remove(new ArrayList<>(owned.keySet()).get(random.nextInt(owned.size())));
        }
        owned.putIfAbsent("m" + random.nextInt(6), List.of());
        for (int round = 0; round < 2; round++) {
          members.clear();
          int now = generation++;
          owned.forEach(
              (id, has) ->
                  join(id, List.of("x", "y"), data("i" + id.hashCode() % 2, id), has, now));
          Map<String, Assignment> result = assign(Map.of("x", partitions, "y", partitions));
          Set<TopicPartition> seen = new HashSet<>();
          for (Map.Entry<String, Assignment> entry : result.entrySet()) {
            for (TopicPartition partition : entry.getValue().partitions()) {
              assertThat(seen.add(partition)).as("seed %d: once", seed).isTrue();
              owned.forEach(
                  (other, has) -> {
                    if (!other.equals(entry.getKey())) {
                      assertThat(has).doesNotContain(partition);
                    }
                  });
            }
          }
          result.forEach((id, assignment) -> owned.put(id, assignment.partitions()));
        }
        assertThat(owned.values().stream().mapToInt(List::size).sum())
            .as("seed %d: all handed out after two rounds", seed)
            .isEqualTo(2 * partitions);
      }
    }
  }

  private Map<String, Assignment> assign(Map<String, Integer> topics) {
    return assign(assignor, topics);
  }

  private Map<String, Assignment> assign(TaskAssignor by, Map<String, Integer> topics) {
    Node node = new Node(1, "localhost", 9092);
    List<PartitionInfo> infos = new ArrayList<>();
    topics.forEach(
        (topic, count) -> {
          for (int p = 0; p < count; p++) {
            infos.add(new PartitionInfo(topic, p, node, new Node[] {node}, new Node[] {node}));
          }
        });
    Cluster cluster = new Cluster("c", List.of(node), infos, Set.of(), Set.of());
    return by.assign(cluster, new GroupSubscription(members)).groupAssignment();
  }

  private void join(
      String id, List<String> topics, ByteBuffer data, List<TopicPartition> owned, int generation) {
    members.put(id, new Subscription(topics, data, owned, generation, Optional.empty()));
  }

  private static ByteBuffer data(String instance, String transactionalId) {
    return data(instance, transactionalId, Map.of());
  }

  private static ByteBuffer data(String instance, String transactional, Map<Integer, Long> held) {
    return MemberData.of(instance, transactional, held).encode();
  }

  private static Set<String> departed(Assignment assignment) {
    return AssignmentData.decode(assignment.userData()).orElseThrow().departed();
  }

  private static StageMember listener(List<Set<String>> heard) {
    return new StageMember() {
      @Override
      public MemberData report() {
        return MemberData.of("j", "t-b", Map.of());
      }

      @Override
      public void onPeersDeparted(Set<String> transactionalIds) {
        heard.add(transactionalIds);
      }
    };
  }

  private static Set<Integer> tasksOf(String topic, Assignment assignment) {
    Set<Integer> tasks = new TreeSet<>();
    assignment.partitions().stream()
        .filter(partition -> partition.topic().equals(topic))
        .forEach(partition -> tasks.add(partition.partition()));
    return tasks;
  }

  private static List<TopicPartition> both(int... tasks) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (int task : tasks) {
      partitions.add(tp("x", task));
      partitions.add(tp("y", task));
    }
    return partitions;
  }

  private static TopicPartition tp(String topic, int partition) {
    return new TopicPartition(topic, partition);
  }
}
