package dev.millrace.faults;

import static dev.millrace.faults.Fixture.PATIENCE;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.EmbeddedKafka;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.error.RecordException;
import dev.millrace.error.RecordsDeletedException;
import dev.millrace.error.StateStoreException;
import dev.millrace.faults.Fixture.Word;
import dev.millrace.metrics.StageCounters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong around a job is said clearly, and costs nothing once it is put right. */
@WithBroker
final class ClearFailuresTest {

  @TempDir Path stateDir;

  // ------------------------------------------------------------------ topics

  @Test
  void aMissingSourceTopicIsNamed(TestBroker broker) {
    String missing = broker.uniqueName("missing");
    Job job = Job.named(broker.uniqueName("job"));
    job.source(KafkaSource.strings(missing)).to(KafkaSink.strings(missing));
    Fixture fixture = new Fixture(broker, stateDir, 1);
    assertThatThrownBy(() -> Millrace.start(job, fixture.config()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(missing)
        .hasMessageContaining(broker.bootstrapServers())
        .hasMessageContaining("Create it");
  }

  @Test
  void aMissingSinkTopicIsNamed(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    String missing = broker.uniqueName("missing");
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.strings(fixture.in)).to(KafkaSink.strings(missing));
    assertThatThrownBy(() -> Millrace.start(job, fixture.config()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(missing)
        .hasMessageContaining("Create it");
  }

  @Test
  void aSinkTopicThatIsChosenPerRecordAndMissingIsNamedAndNothingIsLost(TestBroker broker)
      throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    Job job = Job.named(fixture.name);
    String late = broker.uniqueName("late");
    job.source(KafkaSource.json(fixture.in, Word.class))
        .to(KafkaSink.<Word>json(fixture.copies).topic(w -> w.id() == 150 ? late : fixture.copies));
    fixture.produce(200, 1);
    try (RunningJob running =
        Millrace.start(job, fixture.config().with("transaction.timeout", "2s"))) {
      assertThat(awaitFailure(running))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(late)
          .hasMessageContaining("no such topic");
    }
    broker.createTopic(late, 1);
    try (RunningJob running = Millrace.start(job, fixture.config())) {
      await("the copies", () -> fixture.copiedIds().size() == 199);
      await("the late one", () -> broker.consumeAll(late).size() == 1);
      Fixture.assertHealthy(running);
    }
    assertThat(fixture.copiedIds()).doesNotHaveDuplicates();
  }

  @Test
  void aRecordThatTheBrokerFindsTooLargeIsNamedWithItsTopic(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    String small =
        broker.createTopic(broker.uniqueName("small"), 1, Map.of("max.message.bytes", "2000"));
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .map(w -> noise(7, w.id() == 50 ? 20_000 : 10))
        .to(KafkaSink.bytes(small));
    fixture.produce(100, 1);
    try (RunningJob running = Millrace.start(job, fixture.config())) {
      assertThat(awaitFailure(running))
          .isInstanceOf(RecordException.class)
          .hasMessageContaining(small)
          .hasMessageContaining("max.message.bytes");
    }
    assertThat(broker.consumeAll(small)).isEmpty();
  }

  /** The transaction after the one that the broker has refused has smaller ones. */
  @Test
  void aDeadLetterThatTheBrokerFindsTooLargeIsWrittenInParts(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    String small =
        broker.createTopic(broker.uniqueName("letters"), 1, Map.of("max.message.bytes", "6000"));
    Job job = Job.named(fixture.name);
    byte[] large = noise(7, 20_000);
    job.source(KafkaSource.bytes(fixture.in))
        .filter(
            bytes -> {
              if (bytes.length == large.length) {
                throw new IllegalArgumentException("no");
              }
              return true;
            })
        .to(KafkaSink.bytes(fixture.copies));
    fixture.produce(10, 1);
    fixture.produceRaw(0, large);
    fixture.produce(10, 2);
    JobConfig config =
        fixture.config().with("errors.policy", "dead-letter").with("errors.topic", small);
    try (RunningJob running = Millrace.start(job, config)) {
      await("the copies", () -> broker.consumeAll(fixture.copies).size() == 20);
      Fixture.assertHealthy(running);
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    broker.consumeAll(small).forEach(part -> whole.writeBytes(part.value()));
    assertThat(whole.toByteArray()).isEqualTo(large);
  }

  /** Bytes that no compression makes smaller. */
  private static byte[] noise(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void anInternalTopicOfAnotherSizeIsNamed(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    String shuffle = fixture.name + ".sums.shuffle";
    broker.createTopic(shuffle, 7);
    assertThatThrownBy(fixture::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(shuffle)
        .hasMessageContaining("7 partitions")
        .hasMessageContaining("reset or rename");
  }

  @Test
  void recordsThatWereDeletedUnreadAreNamed(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(100, 1);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
    fixture.produce(100, 2);
    TopicPartition partition = new TopicPartition(fixture.in, 0);
    done(broker.admin().deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(150))).all());
    try (RunningJob running = fixture.start()) {
      assertThat(awaitFailure(running))
          .isInstanceOf(RecordsDeletedException.class)
          .hasMessageContaining(fixture.in)
          .hasMessageContaining("100")
          .hasMessageContaining("150")
          .hasMessageContaining("reset");
    }
  }

  // ------------------------------------------------------------------ the cluster

  @Test
  void anUnreachableBrokerIsReportedAfterTheStartupTimeout(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    assertThatThrownBy(
            () ->
                Millrace.start(
                    fixture.job(),
                    fixture
                        .config()
                        .with("bootstrap.servers", "127.0.0.1:1")
                        .with("startup.timeout", "1s")
                        // Else one call alone takes ten seconds.
                        .with("kafka.admin.request.timeout.ms", "500")
                        .with("kafka.admin.default.api.timeout.ms", "500")))
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageContaining("startup.timeout");
  }

  @Test
  void aClusterWithOldTransactionsIsRefusedForExactlyOnce(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    try (EmbeddedKafka kafka = EmbeddedKafka.start(BrokerOptions.singleNode());
        Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      done(
          admin
              .updateFeatures(
                  Map.of(
                      "transaction.version",
                      new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)),
                  new UpdateFeaturesOptions())
              .all());
      assertThatThrownBy(
              () ->
                  Millrace.start(
                      fixture.job(),
                      fixture.config().with("bootstrap.servers", kafka.bootstrapServers())))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("transaction.version is 1")
          .hasMessageContaining("at-least-once");
    }
  }

  // ------------------------------------------------------------------ offsets

  @Test
  void offsetsOfAStatelessStageThatSomebodyMovedStopTheJob(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(100, 1);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
    String group = fixture.name + "." + fixture.in;
    move(broker, group, new TopicPartition(fixture.in, 0), 40);
    fixture.produce(100, 2);
    try (RunningJob running = fixture.start()) {
      assertThat(awaitFailure(running))
          .isInstanceOf(OffsetsDivergedException.class)
          .hasMessageContaining(group)
          .hasMessageContaining("offset 40")
          .hasMessageContaining("reset");
    }
  }

  @Test
  void offsetsOfAStatefulStageThatSomebodyMovedStopTheJobUntilTheyAreBack(TestBroker broker)
      throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(100, 1);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
    String group = fixture.name + ".sums";
    TopicPartition shuffle = new TopicPartition(group + ".shuffle", 0);
    long right =
        broker
            .admin()
            .listConsumerGroupOffsets(group)
            .partitionsToOffsetAndMetadata()
            .get(10, TimeUnit.SECONDS)
            .get(shuffle)
            .offset();
    move(broker, group, shuffle, 0);
    fixture.produce(100, 2);
    try (RunningJob running = fixture.start()) {
      assertThat(awaitFailure(running))
          .isInstanceOf(OffsetsDivergedException.class)
          .hasMessageContaining("offset 0 in group " + group)
          .hasMessageContaining(right + " in the state")
          .hasMessageContaining("put them back")
          .hasMessageContaining("reset");
    }
    move(broker, group, shuffle, right);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
  }

  private static void move(TestBroker broker, String group, TopicPartition partition, long to)
      throws Exception {
    done(
        broker
            .admin()
            .alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(to)))
            .all());
  }

  @Test
  void deletedOffsetsComeBackFromTheStateWhereThereIsOne(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(100, 1);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
    String group = fixture.name + ".sums";
    done(broker.admin().deleteConsumerGroups(List.of(group)).all());
    fixture.produce(100, 2);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
      await("the group's offsets", () -> hasOffsets(broker, group));
    }
    String source = fixture.name + "." + fixture.in;
    done(broker.admin().deleteConsumerGroups(List.of(source)).all());
    try (RunningJob running = fixture.start()) {
      assertThat(awaitFailure(running))
          .isInstanceOf(OffsetsDivergedException.class)
          .hasMessageContaining(source)
          .hasMessageContaining(fixture.in)
          .hasMessageContaining("expired")
          .hasMessageContaining("reset");
    }
    fixture.assertExact();
  }

  private static boolean hasOffsets(TestBroker broker, String group) {
    try {
      return !broker
          .admin()
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get(10, TimeUnit.SECONDS)
          .isEmpty();
    } catch (Exception e) {
      return false;
    }
  }

  // ------------------------------------------------------------------ local state

  @Test
  void aStateDirectoryOfAnotherJobIsRefused(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(100, 1);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
    Path root;
    try (Stream<Path> jobs = Files.list(stateDir)) {
      root =
          jobs.filter(p -> p.getFileName().toString().startsWith(fixture.name)).findFirst().get();
    }
    Path identity = root.resolve("identity");
    String own = Files.readString(identity);
    String other = UUID.randomUUID().toString();
    Files.writeString(identity, other + "\n");
    assertThatThrownBy(fixture::start)
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(root.toString())
        .hasMessageContaining(other)
        .hasMessageContaining("state.dir");
    Files.writeString(identity, own);
    fixture.produce(100, 2);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
  }

  @Test
  void stateOfAnOlderResetIsDeletedAndStateOfALaterOneRefused(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    fixture.produce(100, 1);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
    Path identity = taskIdentity(fixture);
    String own = Files.readString(identity);
    Files.writeString(identity, own.trim().replaceAll(" \\d+$", " -1") + "\n");
    fixture.produce(100, 2);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
      assertThat(Fixture.total(running, StageCounters::restoredRecords)).isPositive();
    }
    Files.writeString(identity, own.trim().replaceAll(" \\d+$", " 7") + "\n");
    try (RunningJob running = fixture.start()) {
      assertThat(awaitFailure(running))
          .isInstanceOf(MillraceException.class)
          .hasMessageContaining("reset epoch 7");
    }
    Files.writeString(identity, own);
    fixture.produce(100, 3);
    try (RunningJob running = fixture.start()) {
      fixture.awaitExact(running);
    }
  }

  private Path taskIdentity(Fixture fixture) throws IOException {
    try (Stream<Path> all = Files.walk(stateDir)) {
      return all.filter(p -> p.endsWith(Path.of("tasks", "sums-0", "identity")))
          .filter(p -> p.toString().contains(fixture.name))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void aFullDiskStopsTheJobAndCostsNothing(TestBroker broker) throws Exception {
    try (SmallDisk disk = SmallDisk.mount(stateDir, 64)) {
      Fixture fixture = new Fixture(broker, disk.directory(), 2);
      Job job = Job.named(fixture.name);
      job.source(KafkaSource.json(fixture.in, Word.class))
          .keyBy(w -> w.id() + "/" + HexFormat.of().formatHex(noise((int) w.id(), 1_000)))
          .sum(Word::count)
          .name("sums")
          .to(KafkaSink.upsert(fixture.sums));
      fixture.produce(10_000, 1);
      Path ballast = disk.ballast(62 << 20);
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        assertThat(awaitFailure(running))
            .isInstanceOf(StateStoreException.class)
            .hasMessageContaining(disk.directory().toString())
            .hasMessageContaining("disk is full");
      }
      Files.delete(ballast);
      try (RunningJob running = Millrace.start(job, fixture.config())) {
        await("all sums", () -> broker.consumeAll(fixture.sums).size() >= 10_000);
        Fixture.assertHealthy(running);
      }
      long sum =
          broker.consumeAll(fixture.sums).stream()
              .mapToLong(r -> Long.parseLong(Fixture.text(r.value())))
              .sum();
      // Every key has one record, so a sum that was counted twice would show.
      assertThat(broker.consumeAll(fixture.sums)).hasSize(10_000);
      assertThat(sum)
          .isEqualTo(fixture.expectedSums().values().stream().mapToLong(Long::longValue).sum());
    }
  }

  private static <T> T done(KafkaFuture<T> future) throws Exception {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }
}
