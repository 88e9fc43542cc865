package dev.millrace.internal.sim;

import dev.millrace.internal.sim.TransactionHistories.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/** What members of groups do, and what becomes of offsets. */
final class GroupHistories {

  private GroupHistories() {}

  static Map<String, History> all() {
    Map<String, History> all = new LinkedHashMap<>();
    all.put("offsets of a transaction", GroupHistories::offsetsOfATransaction);
    all.put("offsets that are pending", GroupHistories::pending);
    all.put("offsets without membership are accepted", GroupHistories::withoutMembership);
    all.put("offsets of an unknown member", GroupHistories::unknownMember);
    all.put("offsets of an older generation", GroupHistories::olderGeneration);
    all.put("offsets while a fenced producer", GroupHistories::offsetsOfFenced);
    all.put("no offsets at all", GroupHistories::noOffsets);
    all.put("offsets written by an admin client", GroupHistories::writtenByAdmin);
    all.put("a group of one", GroupHistories::one);
    all.put("two members share, one leaves", GroupHistories::two);
    all.put("a member that another one replaces", GroupHistories::replaced);
    all.put("a member that is removed", GroupHistories::removed);
    all.put("offsets committed by a member", GroupHistories::commitSync);
    all.put("where a member begins", GroupHistories::begins);
    return all;
  }

  @SuppressWarnings("removal") // the only way to claim what is not so
  private static ConsumerGroupMetadata claim(Scene scene, int generation, String member) {
    return new ConsumerGroupMetadata(scene.name("group"), generation, member, Optional.empty());
  }

  private static void offsetsOfATransaction(Scene scene) {
    scene.topic("in", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    Consumer<byte[], byte[]> member = settled(scene, "a");
    TopicPartition partition = scene.partition("in", 0);
    scene.act(
        "offsets",
        () ->
            producer.sendOffsetsToTransaction(scene.offset(partition, 5), member.groupMetadata()));
    scene.act("commit", producer::commitTransaction);
    Scene.until(() -> committedOf(scene, partition) == 5);
    scene.committed("after the commit", "group", "in");
    producer.beginTransaction();
    scene.act(
        "more offsets",
        () ->
            producer.sendOffsetsToTransaction(scene.offset(partition, 9), member.groupMetadata()));
    scene.act("abort", producer::abortTransaction);
    scene.committed("after the abort", "group", "in");
  }

  private static long committedOf(Scene scene, TopicPartition partition) {
    OffsetAndMetadata found =
        Scene.await(
                scene
                    .clients()
                    .admin()
                    .listConsumerGroupOffsets(scene.name("group"))
                    .partitionsToOffsetAndMetadata())
            .get(partition);
    return found == null ? -1 : found.offset();
  }

  private static void pending(Scene scene) {
    scene.topic("in", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    Consumer<byte[], byte[]> member = settled(scene, "a");
    TopicPartition partition = scene.partition("in", 0);
    producer.sendOffsetsToTransaction(scene.offset(partition, 5), member.groupMetadata());
    scene.call(
        "the member asks", () -> member.committed(Set.of(partition), Duration.ofMillis(300)));
    scene.committed("any offset", "group", "in");
    scene.call("stable offsets", () -> stable(scene, partition));
    scene.act("commit", producer::commitTransaction);
    scene.call(
        "the member asks again",
        () -> member.committed(Set.of(partition), Duration.ofSeconds(10)).get(partition).offset());
    scene.call("stable offsets again", () -> stable(scene, partition));
  }

  private static String stable(Scene scene, TopicPartition partition) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> found =
        scene
            .clients()
            .admin()
            .listConsumerGroupOffsets(
                Map.of(
                    scene.name("group"),
                    new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(partition))),
                new ListConsumerGroupOffsetsOptions().requireStable(true))
            .partitionsToOffsetAndMetadata(scene.name("group"))
            .get();
    OffsetAndMetadata offset = found.get(partition);
    return found.containsKey(partition)
        ? offset == null ? "none" : String.valueOf(offset.offset())
        : "left out";
  }

  private static void withoutMembership(Scene scene) {
    scene.topic("in", 1, Map.of());
    Consumer<byte[], byte[]> member = settled(scene, "a");
    scene.note("there is a member", member.assignment().size());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.act(
        "offsets",
        () ->
            producer.sendOffsetsToTransaction(
                scene.offset(scene.partition("in", 0), 7), claim(scene, -1, "")));
    scene.act("commit", producer::commitTransaction);
    Scene.until(() -> committedOf(scene, scene.partition("in", 0)) == 7);
    scene.committed("after", "group", "in");
  }

  private static void unknownMember(Scene scene) {
    scene.topic("in", 1, Map.of());
    scene.topic("out", 1, Map.of());
    Consumer<byte[], byte[]> member = settled(scene, "a");
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.send("send", producer, scene.record("out", 0, "a"));
    scene.act(
        "offsets",
        () ->
            producer.sendOffsetsToTransaction(
                scene.offset(scene.partition("in", 0), 7),
                claim(scene, member.groupMetadata().generationId(), "nobody")));
    scene.act("commit", producer::commitTransaction);
    scene.act("abort", producer::abortTransaction);
    scene.act("begin", producer::beginTransaction);
    scene.act(
        "better offsets",
        () ->
            producer.sendOffsetsToTransaction(
                scene.offset(scene.partition("in", 0), 8), member.groupMetadata()));
    scene.act("commit", producer::commitTransaction);
    Scene.until(() -> committedOf(scene, scene.partition("in", 0)) == 8);
    scene.awaitStable("out");
    scene.look("after", "out");
  }

  private static void olderGeneration(Scene scene) {
    scene.topic("in", 1, Map.of());
    Consumer<byte[], byte[]> member = settled(scene, "a");
    ConsumerGroupMetadata now = member.groupMetadata();
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.act(
        "offsets",
        () ->
            producer.sendOffsetsToTransaction(
                scene.offset(scene.partition("in", 0), 7),
                claim(scene, now.generationId() - 1, now.memberId())));
    scene.act("abort", producer::abortTransaction);
    scene.committed("after", "group", "in");
  }

  private static void offsetsOfFenced(Scene scene) {
    scene.topic("in", 1, Map.of());
    Consumer<byte[], byte[]> member = settled(scene, "a");
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.transactional("id").initTransactions();
    scene.act(
        "offsets",
        () ->
            producer.sendOffsetsToTransaction(
                scene.offset(scene.partition("in", 0), 7), member.groupMetadata()));
    scene.committed("after", "group", "in");
  }

  private static void noOffsets(Scene scene) {
    scene.topic("in", 1, Map.of());
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.act(
        "offsets", () -> producer.sendOffsetsToTransaction(Map.of(), claim(scene, 77, "nobody")));
    scene.act("commit", producer::commitTransaction);
  }

  private static void writtenByAdmin(Scene scene) {
    scene.topic("in", 1, Map.of());
    scene.act("first", () -> write(scene, 3));
    scene.committed("after", "group", "in");
    Consumer<byte[], byte[]> member = settled(scene, "a");
    scene.note("there is a member", member.assignment().size());
    scene.act("in a live group", () -> write(scene, 4));
    scene.committed("in the end", "group", "in");
  }

  private static void write(Scene scene, long offset) throws Exception {
    scene
        .clients()
        .admin()
        .alterConsumerGroupOffsets(
            scene.name("group"), scene.offset(scene.partition("in", 0), offset))
        .all()
        .get();
  }

  private static void one(Scene scene) {
    scene.topic("in", 3, Map.of());
    Calls calls = new Calls();
    Consumer<byte[], byte[]> member = scene.member("group", "a", calls);
    scene.note("ahead of the first poll", member.groupMetadata().generationId());
    calls.manage(member);
    Scene.settle(List.of(member), 3);
    scene.note("assigned", calls.total("assigned"));
    scene.note("generation", member.groupMetadata().generationId());
    scene.note("is a member", !member.groupMetadata().memberId().isEmpty());
    member.close(
        CloseOptions.timeout(Duration.ofSeconds(5))
            .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
    scene.note("revoked", calls.total("revoked"));
    scene.note("lost", calls.total("lost"));
    scene.call("poll when closed", () -> member.poll(Duration.ZERO));
  }

  private static void two(Scene scene) {
    scene.topic("in", 4, Map.of());
    Calls ofA = new Calls();
    Consumer<byte[], byte[]> a = scene.member("group", "a", ofA);
    ofA.manage(a);
    Scene.settle(List.of(a), 4);
    Calls ofB = new Calls();
    Consumer<byte[], byte[]> b = scene.member("group", "b", ofB);
    ofB.manage(b);
    Scene.settle(List.of(a, b), 4);
    scene.note("shares", List.of(a.assignment().size(), b.assignment().size()));
    scene.note("a revoked", ofA.total("revoked"));
    scene.note(
        "same generation", a.groupMetadata().generationId() == b.groupMetadata().generationId());
    a.close(
        CloseOptions.timeout(Duration.ofSeconds(5))
            .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
    Scene.settle(List.of(b), 4);
    scene.note("b has all", b.assignment().size());
    scene.note("b revoked", ofB.total("revoked"));
    scene.note("b lost", ofB.total("lost"));
  }

  private static void replaced(Scene scene) {
    scene.topic("in", 2, Map.of());
    Consumer<byte[], byte[]> a =
        scene.member("group", "a", Optional.of("static"), List.of("in"), new Calls().nothing());
    manage(a);
    Scene.settle(List.of(a), 2);
    ConsumerGroupMetadata old = a.groupMetadata();
    Consumer<byte[], byte[]> b =
        scene.member("group", "a", Optional.of("static"), List.of("in"), new Calls().nothing());
    manage(b);
    Scene.settle(List.of(b), 2);
    scene.note("other member id", !b.groupMetadata().memberId().equals(old.memberId()));
    Producer<byte[], byte[]> producer = scene.begun("id");
    scene.act(
        "offsets of the old one",
        () -> producer.sendOffsetsToTransaction(scene.offset(scene.partition("in", 0), 7), old));
    String[] end = {""};
    Scene.until(
        () -> {
          try {
            a.poll(Duration.ofMillis(20));
          } catch (RuntimeException e) {
            end[0] = e.getClass().getSimpleName();
          }
          return !end[0].isEmpty();
        });
    scene.note("the old one polls", end[0]);
  }

  private static void removed(Scene scene) {
    scene.topic("in", 2, Map.of());
    Calls calls = new Calls();
    Consumer<byte[], byte[]> a =
        scene.member("group", "a", Optional.of("static"), List.of("in"), calls);
    calls.manage(a);
    Scene.settle(List.of(a), 2);
    scene.act(
        "remove",
        () ->
            scene
                .clients()
                .admin()
                .removeMembersFromConsumerGroup(
                    scene.name("group"),
                    new RemoveMembersFromConsumerGroupOptions(
                        Set.of(new MemberToRemove(scene.name("static")))))
                .all()
                .get());
    Scene.until(
        () -> {
          a.poll(Duration.ofMillis(20));
          return calls.total("lost") == 2;
        });
    Scene.settle(List.of(a), 2);
    scene.note("lost", calls.total("lost"));
    scene.note("revoked", calls.total("revoked"));
    scene.note("assigned", calls.total("assigned"));
  }

  private static void commitSync(Scene scene) {
    scene.topic("in", 1, Map.of());
    Consumer<byte[], byte[]> member = settled(scene, "a");
    scene.act("commit", () -> member.commitSync(scene.offset(scene.partition("in", 0), 4)));
    scene.committed("after", "group", "in");
    scene.call(
        "the member asks",
        () ->
            member
                .committed(Set.of(scene.partition("in", 0)))
                .get(scene.partition("in", 0))
                .offset());
  }

  private static void begins(Scene scene) throws Exception {
    scene.topic("in", 1, Map.of());
    Producer<byte[], byte[]> plain = scene.plain();
    for (String value : List.of("a", "b", "c")) {
      scene.send(value, plain, scene.record("in", 0, value));
    }
    write(scene, 1);
    List<Long> offsets = new ArrayList<>();
    Consumer<byte[], byte[]> member = scene.member("group", "a", new Calls().nothing());
    Scene.until(
        () -> {
          member.poll(Duration.ofMillis(20)).forEach(record -> offsets.add(record.offset()));
          return offsets.size() == 2;
        });
    scene.note("offsets", offsets);
    scene.note("position", member.position(scene.partition("in", 0)));
    scene.note("lag", member.currentLag(scene.partition("in", 0)).equals(OptionalLong.of(0)));
  }

  /** A member that has its partition, paused at its beginning. */
  private static Consumer<byte[], byte[]> settled(Scene scene, String id) {
    Calls calls = new Calls();
    Consumer<byte[], byte[]> member = scene.member("group", id, calls);
    calls.manage(member);
    Scene.settle(List.of(member), 1);
    return member;
  }

  private static void manage(Consumer<byte[], byte[]> consumer) {
    Calls calls = new Calls();
    calls.manage(consumer);
    consumer.subscribe(consumer.subscription(), calls);
  }

  /** Counts what the listener is told; positions are set as the engine sets them. */
  private static final class Calls implements ConsumerRebalanceListener {

    private final Map<String, Collection<TopicPartition>> calls = new LinkedHashMap<>();
    private Consumer<byte[], byte[]> consumer;

    void manage(Consumer<byte[], byte[]> managed) {
      consumer = managed;
    }

    ConsumerRebalanceListener nothing() {
      return new ConsumerRebalanceListener() {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
      };
    }

    int total(String kind) {
      return calls.getOrDefault(kind, List.of()).size();
    }

    private void add(String kind, Collection<TopicPartition> partitions) {
      calls.computeIfAbsent(kind, absent -> new ArrayList<>()).addAll(partitions);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      add("assigned", partitions);
      if (consumer != null) {
        partitions.forEach(partition -> consumer.seek(partition, 0));
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      add("revoked", partitions);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      add("lost", partitions);
    }
  }
}
