package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.util.StepClock;
import dev.millrace.internal.util.SystemClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@WithBroker
final class GroupsTest {

  /** Spreads small numbers over all, as the golden ratio does. */
  private static final int SPREAD = 0x9E3779B9;

  private final TestBroker broker;
  private JobConfig config;
  private KafkaClients clients;
  private Groups groups;

  GroupsTest(TestBroker broker) {
    this.broker = broker;
  }

  @BeforeEach
  void open() {
    config = JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers());
    clients = new DefaultKafkaClients(config);
    groups = new Groups(clients.admin(), config, SystemClock.INSTANCE);
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void firstOffsetsAreWrittenBeforeAnybodyJoins() {
    String name = broker.createTopic(broker.uniqueName("source"), 2);
    String group = broker.uniqueName("group");
    assertThat(groups.stableCommittedOffsets(group)).isEmpty();
    Map<TopicPartition, OffsetAndMetadata> first =
        Map.of(
            new TopicPartition(name, 0),
            new OffsetAndMetadata(0),
            new TopicPartition(name, 1),
            new OffsetAndMetadata(7));
    groups.writeOffsets(group, first);
    assertThat(groups.stableCommittedOffsets(group)).isEqualTo(first);
    assertThat(groups.activeMembers(group)).isEmpty();
  }

  @Test
  void theOffsetsOfAGroupAreInItsPartition() {
    TopicPartition source = new TopicPartition(broker.createTopic(broker.uniqueName("in"), 1), 0);
    Map<String, TopicPartition> found = new HashMap<>();
    Set<String> wanted = new HashSet<>();
    for (int i = 0; i < 16; i++) {
      // Names that differ in their last letters alone have hashes near each other.
      wanted.add(broker.uniqueName("kept") + Integer.toUnsignedString(i * SPREAD));
    }
    wanted.forEach(each -> groups.writeOffsets(each, Map.of(source, new OffsetAndMetadata(0))));
    assertThat(wanted).as("hashes of either sign").anyMatch(each -> each.hashCode() < 0);
    try (Consumer<byte[], byte[]> reader =
        clients.readerConsumer("reader", IsolationLevel.READ_COMMITTED)) {
      List<TopicPartition> all = new ArrayList<>();
      reader
          .partitionsFor("__consumer_offsets")
          .forEach(each -> all.add(new TopicPartition(each.topic(), each.partition())));
      reader.assign(all);
      reader.seekToBeginning(all);
      while (found.size() < wanted.size()) {
        for (ConsumerRecord<byte[], byte[]> each : reader.poll(Duration.ofSeconds(1))) {
          String key = new String(each.key(), StandardCharsets.ISO_8859_1);
          wanted.stream()
              .filter(group -> key.contains(group + "\0"))
              .forEach(
                  group -> found.put(group, new TopicPartition(each.topic(), each.partition())));
        }
      }
    }
    found.forEach(
        (group, partition) ->
            assertThat(groups.offsetsPartition(group)).as(group).hasValue(partition));
  }

  @Test
  void offsetsUnderAnOpenTransactionAreRefusedAndReadableOnceItEnds() {
    String name = broker.createTopic(broker.uniqueName("source"), 1);
    String group = broker.uniqueName("group");
    TopicPartition partition = new TopicPartition(name, 0);
    groups.writeOffsets(group, Map.of(partition, new OffsetAndMetadata(0)));
    StageMember member = () -> MemberData.of("i", "t", Map.of());
    try (Producer<byte[], byte[]> producer =
            clients.transactionalProducer(broker.uniqueName("t"), "p");
        Consumer<byte[], byte[]> consumer =
            clients.stageConsumer(group, "c", Optional.empty(), member, 1)) {
      consumer.subscribe(List.of(name));
      Polling.until(() -> !consumer.assignment().isEmpty(), consumer);
      producer.initTransactions();
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(
          Map.of(partition, new OffsetAndMetadata(5)), consumer.groupMetadata());
      producer.flush();
      Groups impatient = new Groups(clients.admin(), config, new StepClock());
      assertThatThrownBy(() -> impatient.stableCommittedOffsets(group))
          .isInstanceOf(JobActiveException.class)
          .hasMessageContaining("still undecided");
      assertThatThrownBy(
              () -> groups.writeOffsets(group, Map.of(partition, new OffsetAndMetadata(1))))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("Cannot write the first offsets of group " + group);
      producer.commitTransaction();
      assertThat(groups.stableCommittedOffsets(group))
          .containsEntry(partition, new OffsetAndMetadata(5));
    }
  }

  @Test
  void membersAreListedByTheirClientIdAndStaticOnesCanBeEvicted() {
    String name = broker.createTopic(broker.uniqueName("source"), 1);
    String group = broker.uniqueName("group");
    StageMember member = () -> MemberData.of("i", "t", Map.of());
    try (Consumer<byte[], byte[]> consumer =
        clients.stageConsumer(group, "job-t1", Optional.of("slot-1"), member, 1)) {
      groups.writeOffsets(group, Map.of(new TopicPartition(name, 0), new OffsetAndMetadata(0)));
      consumer.subscribe(List.of(name));
      Polling.until(() -> !consumer.assignment().isEmpty(), consumer);
      assertThat(groups.activeMembers(group))
          .singleElement()
          .satisfies(
              found -> {
                assertThat(found.clientId()).isEqualTo("job-t1");
                assertThat(found.groupInstanceId()).contains("slot-1");
              });
    }
    assertThat(groups.activeMembers(group)).as("a static member stays").hasSize(1);
    groups.evict(group, List.of("slot-1"));
    assertThat(groups.activeMembers(group)).isEmpty();
    assertThatCode(() -> groups.evict(group, List.of())).doesNotThrowAnyException();
    // Who is no member any more, or not yet, is removed already.
    assertThatCode(() -> groups.evict(group, List.of("slot-1", "nobody")))
        .doesNotThrowAnyException();
  }

  @Test
  void dynamicMembersGoAllAtOnceAndThoseThatLiveComeBack() {
    String name = broker.createTopic(broker.uniqueName("source"), 1);
    String group = broker.uniqueName("group");
    JobConfig byBroker = config.with("membership", "consumer");
    StageMember member = () -> MemberData.of("i", "t", Map.of());
    groups.writeOffsets(group, Map.of(new TopicPartition(name, 0), new OffsetAndMetadata(0)));
    try (DefaultKafkaClients own = new DefaultKafkaClients(byBroker);
        Consumer<byte[], byte[]> consumer =
            own.stageConsumer(group, "job-t1", Optional.empty(), member, 1)) {
      List<Integer> lost = new ArrayList<>();
      consumer.subscribe(List.of(name), new Losses(lost));
      Polling.until(() -> !consumer.assignment().isEmpty(), consumer);
      // Known before it loses its place: as no member it could not ask for it.
      assertThat(consumer.position(new TopicPartition(name, 0))).isZero();
      groups.evictAll(group);
      assertThat(groups.activeMembers(group)).isEmpty();

      Polling.until(() -> !lost.isEmpty() && !consumer.assignment().isEmpty(), consumer);
      assertThat(groups.activeMembers(group))
          .singleElement()
          .satisfies(found -> assertThat(found.clientId()).isEqualTo("job-t1"));
    }
  }

  /** Notes partitions that are gone without having been given back. */
  private record Losses(List<Integer> lost) implements ConsumerRebalanceListener {

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      partitions.forEach(partition -> lost.add(partition.partition()));
    }
  }
}
