package dev.millrace.faults;

import static dev.millrace.faults.Fixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.RunningJob;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On three brokers: leaders change in good order, and no job minds. */
final class LeaderElectionTest {

  private static ChildKafka kafka;
  private static TestBroker broker;

  @TempDir Path stateDir;

  @BeforeAll
  static void startThreeBrokers() {
    kafka = ChildKafka.start(BrokerOptions.threeNodes());
    broker = TestBroker.at(kafka.bootstrapServers());
  }

  @AfterAll
  static void stop() {
    broker.close();
    kafka.close();
  }

  /**
   * The offset after the marker is of another leader's epoch than the record. A job that committed
   * it with the record's epoch could never be started again; one that has done so starts.
   */
  @Test
  void aLeaderThatChangesBetweenARecordAndItsMarkerIsNoTruncation() throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    TopicPartition source = new TopicPartition(fixture.in, 0);
    String group = fixture.name + "." + fixture.in;
    try (RunningJob running = fixture.start();
        Producer<byte[], byte[]> producer = transactional(fixture.name + "-feed")) {
      producer.beginTransaction();
      fixture.produce(producer, 1, 1);
      electAnother(source);
      producer.commitTransaction();
      fixture.awaitExact(running);
      await("the marker to be passed", () -> committed(group, source).offset() == 2);
    }
    try (RunningJob running = fixture.start()) {
      fixture.produce(10, 2);
      fixture.awaitExact(running);
      await("all to be committed", () -> committed(group, source).offset() == 12);
      try (Producer<byte[], byte[]> producer = transactional(fixture.name + "-feed")) {
        producer.beginTransaction();
        fixture.produce(producer, 1, 3);
        electAnother(source);
        producer.commitTransaction();
      }
      fixture.awaitExact(running);
      await("the marker to be passed", () -> committed(group, source).offset() == 14);
    }
    OffsetAndMetadata right = committed(group, source);
    assertThat(right.leaderEpoch()).contains(leaderEpoch(source));
    int epochOfRecord = leaderEpoch(source) - 1;
    done(
        broker
            .admin()
            .alterConsumerGroupOffsets(
                group,
                Map.of(
                    source,
                    new OffsetAndMetadata(
                        right.offset(), Optional.of(epochOfRecord), right.metadata())))
            .all());
    try (RunningJob running = fixture.start()) {
      await(
          "the epoch to be mended",
          () -> {
            Fixture.assertHealthy(running);
            return !committed(group, source).leaderEpoch().equals(Optional.of(epochOfRecord));
          });
      fixture.produce(10, 4);
      fixture.awaitExact(running);
    }
  }

  @Test
  @Tag("slow")
  void leadersChangeUnderLoadAndEveryRestartSucceeds() throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    Random random = new Random(30);
    RunningJob running = fixture.start();
    try (Producer<byte[], byte[]> producer = transactional(fixture.name + "-feed")) {
      for (int round = 0; round < 30; round++) {
        List<TopicPartition> partitions = partitionsOf(fixture);
        producer.beginTransaction();
        fixture.produce(producer, 50, 2L * round);
        electAnother(partitions.get(random.nextInt(partitions.size())));
        electAnother(new TopicPartition(fixture.in, random.nextInt(2)));
        producer.commitTransaction();
        if (random.nextBoolean()) {
          fixture.awaitExact(running);
        }
        running.close();
        running = fixture.start();
        fixture.produce(50, 2L * round + 1);
      }
      fixture.awaitExact(running);
    } finally {
      running.close();
    }
  }

  /** {@return the partitions of all topics that the job reads or writes, and the groups'} */
  private static List<TopicPartition> partitionsOf(Fixture fixture) throws Exception {
    List<String> topics =
        broker.admin().listTopics().names().get(30, TimeUnit.SECONDS).stream()
            .filter(topic -> topic.startsWith(fixture.name))
            .sorted()
            .toList();
    List<TopicPartition> partitions = new ArrayList<>();
    broker
        .admin()
        .describeTopics(topics)
        .allTopicNames()
        .get(30, TimeUnit.SECONDS)
        .forEach(
            (topic, description) ->
                description
                    .partitions()
                    .forEach(each -> partitions.add(new TopicPartition(topic, each.partition()))));
    return partitions;
  }

  private static Producer<byte[], byte[]> transactional(String id) {
    Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", id),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    producer.initTransactions();
    return producer;
  }

  private static OffsetAndMetadata committed(String group, TopicPartition partition) {
    try {
      return broker
          .admin()
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get(30, TimeUnit.SECONDS)
          .getOrDefault(partition, new OffsetAndMetadata(0));
    } catch (Exception e) {
      return new OffsetAndMetadata(0);
    }
  }

  private static int leaderEpoch(TopicPartition partition) throws Exception {
    return broker
        .admin()
        .listOffsets(Map.of(partition, OffsetSpec.latest()))
        .partitionResult(partition)
        .get(30, TimeUnit.SECONDS)
        .leaderEpoch()
        .orElseThrow();
  }

  /** Makes another replica the preferred one, and the preferred one the leader. */
  private static void electAnother(TopicPartition partition) throws Exception {
    Admin admin = broker.admin();
    TopicPartitionInfo before = describe(partition);
    int leader = before.leader().id();
    List<Integer> replicas = new ArrayList<>(before.replicas().stream().map(Node::id).toList());
    replicas.removeIf(replica -> replica == leader);
    replicas.add(leader);
    done(
        admin
            .alterPartitionReassignments(
                Map.of(partition, Optional.of(new NewPartitionReassignment(replicas))))
            .all());
    await(
        "another leader of " + partition,
        () -> {
          try {
            // In vain while the replica has not caught up; and of no use once it leads.
            admin
                .electLeaders(ElectionType.PREFERRED, Set.of(partition))
                .partitions()
                .get(30, TimeUnit.SECONDS);
            Node now = describe(partition).leader();
            return now != null && now.id() == replicas.get(0);
          } catch (Exception e) {
            return false;
          }
        });
  }

  private static TopicPartitionInfo describe(TopicPartition partition) throws Exception {
    return broker
        .admin()
        .describeTopics(List.of(partition.topic()))
        .allTopicNames()
        .get(30, TimeUnit.SECONDS)
        .get(partition.topic())
        .partitions()
        .get(partition.partition());
  }

  private static void done(KafkaFuture<?> future) throws Exception {
    future.get(Duration.ofSeconds(30).toMillis(), TimeUnit.MILLISECONDS);
  }
}
