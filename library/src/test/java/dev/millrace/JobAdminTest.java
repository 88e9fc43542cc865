package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.admin.DeletionPlan;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobSummary;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Status, reset and peek, on jobs that really run. */
@WithBroker
final class JobAdminTest {

  record Word(String word, long count) {}

  private static final int PARTITIONS = 3;
  private static final int PER_PARTITION = 200;

  @TempDir Path stateDir;

  private TestBroker broker;
  private String in;
  private String out;
  private String name;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    in = broker.createTopic(broker.uniqueName("words"), PARTITIONS);
    out = broker.createTopic(broker.uniqueName("counts"), 1);
    name = broker.uniqueName("count");
  }

  @Test
  void resetToEarliestComputesTheSameAgain() throws Exception {
    produce(anHourAgo());
    runToEnd(job(4));
    Map<String, Long> first = broker.consumeCounts(out);
    int written = broker.consumeAll(out).size();
    try (JobAdmin admin = JobAdmin.connect(config())) {
      Map<String, String> idsBefore = topicIds();
      ResetPlan plan = admin.planReset(name, ResetRequest.to(new ResetTarget.Earliest()));
      assertThat(plan.moves())
          .hasSize(PARTITIONS)
          .allMatch(move -> move.to() == 0 && move.from().orElse(-1) == PER_PARTITION);
      assertThat(plan.deletedTopics()).hasSize(2).allMatch(topic -> topic.startsWith(name));
      admin.reset(plan);
      assertThat(admin.status(name).phase()).isEqualTo(JobPhase.RESET);
      assertThat(topicIds().keySet()).doesNotContainAnyElementsOf(plan.deletedTopics());

      runToEnd(job(4));

      assertThat(broker.consumeAll(out)).hasSizeGreaterThan(written);
      assertThat(broker.consumeCounts(out)).isEqualTo(first);
      JobStatus status = admin.status(name);
      assertThat(status.phase()).isEqualTo(JobPhase.READY);
      assertThat(status.resetEpoch()).isEqualTo(1);
      assertThat(status.finished()).isTrue();
      assertThat(status.totalLag()).isZero();
      plan.deletedTopics()
          .forEach(topic -> assertThat(topicIds().get(topic)).isNotEqualTo(idsBefore.get(topic)));
    }
  }

  @Test
  void aJobThatWasResetMayComeBackInAnotherShape() throws Exception {
    produce(anHourAgo());
    runToEnd(job(4));
    try (JobAdmin admin = JobAdmin.connect(config())) {
      admin.reset(admin.planReset(name, ResetRequest.to(new ResetTarget.Earliest())));
    }
    runToEnd(job(6));
    assertThat(broker.consumeCounts(out).values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(PARTITIONS * PER_PARTITION);
  }

  @Test
  void everyTargetPutsOffsetsWhereKafkaDoes() throws Exception {
    Instant before = Instant.now().minusSeconds(3600);
    produce(before.toEpochMilli());
    runToEnd(job(4));
    try (JobAdmin admin = JobAdmin.connect(config())) {
      assertThat(targets(admin, new ResetTarget.Earliest())).containsOnly(0L);
      assertThat(targets(admin, new ResetTarget.Latest())).containsOnly(200L);
      assertThat(targets(admin, new ResetTarget.Current())).containsOnly(200L);
      assertThat(targets(admin, new ResetTarget.Offset(150))).containsOnly(150L);
      assertThat(targets(admin, new ResetTarget.Offset(999))).containsOnly(200L);
      assertThat(targets(admin, new ResetTarget.Shift(-30))).containsOnly(170L);
      assertThat(targets(admin, new ResetTarget.Shift(Long.MIN_VALUE))).containsOnly(0L);
      assertThat(targets(admin, new ResetTarget.Shift(Long.MAX_VALUE))).containsOnly(200L);
      // Record n of a partition is n seconds later than the first.
      assertThat(targets(admin, new ResetTarget.AtTime(before.plusSeconds(40)))).containsOnly(40L);
      assertThat(targets(admin, new ResetTarget.AtTime(before.plusSeconds(9999))))
          .containsOnly(200L);
      assertThat(targets(admin, new ResetTarget.Ago(Duration.ofHours(2)))).containsOnly(0L);
      assertThat(targets(admin, new ResetTarget.Ago(Duration.ofMinutes(1)))).containsOnly(200L);

      ResetRequest some = ResetRequest.to(new ResetTarget.Earliest()).onlyTopic(in, Set.of(0, 2));
      assertThat(admin.planReset(name, some).moves())
          .extracting(ResetPlan.Move::to)
          .containsExactly(0L, 200L, 0L);
      assertThatThrownBy(() -> admin.planReset(name, some.onlyTopic("elsewhere", Set.of())))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(in);

      admin.reset(admin.planReset(name, ResetRequest.to(new ResetTarget.Offset(190))));
    }
    assertThat(
            broker
                .admin()
                .listConsumerGroupOffsets(sourceGroup())
                .partitionsToOffsetAndMetadata()
                .get()
                .values())
        .hasSize(PARTITIONS)
        .allMatch(offset -> offset.offset() == 190);
    int written = broker.consumeAll(out).size();
    runToEnd(job(4));
    assertThat(
            broker.consumeAll(out).subList(written, broker.consumeAll(out).size()).stream()
                .map(record -> text(record.key()))
                .distinct())
        .hasSize(10);
  }

  @Test
  void aRunningJobReportsItselfAndRefusesToBeReset() throws Exception {
    produce(anHourAgo());
    byte[] key = "gone".getBytes(StandardCharsets.UTF_8);
    broker.produce(in, List.of(new ProducerRecord<>(in, 0, key, null)));
    try (JobAdmin admin = JobAdmin.connect(config())) {
      ResetRequest request = ResetRequest.to(new ResetTarget.Earliest());
      try (RunningJob running = Millrace.start(job(4), config().with("status.interval", "100ms"))) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> admin.status(name).isHealthy() && admin.status(name).totalLag() == 0);
        JobStatus status = admin.status(name);
        assertThat(status.instances()).singleElement().matches(JobStatus.Instance::alive);
        assertThat(status.stages()).hasSize(2);
        assertThat(status.stages()).allMatch(stage -> stage.members() > 0);
        // What was reported last may be from before the last commit.
        await()
            .atMost(Duration.ofSeconds(30))
            .until(
                () ->
                    admin.status(name).stages().stream()
                        .anyMatch(
                            stage ->
                                stage.counters().recordsIn() == 600
                                    && stage.counters().tombstones() == 1));
        assertThat(admin.jobs())
            .filteredOn(job -> job.job().equals(name))
            .singleElement()
            .matches(job -> job.instances() == 1 && job.phase() == JobPhase.READY);
        assertThatThrownBy(() -> admin.planReset(name, request))
            .isInstanceOf(JobActiveException.class)
            .hasMessageContaining("active members");
        assertThat(running.failure()).isEmpty();
      }
      assertThat(admin.jobs()).extracting(JobSummary::job).contains(name);
      assertThat(admin.status(name).isHealthy()).isFalse();
      ResetPlan stale = admin.planReset(name, request);
      admin.reset(admin.planReset(name, request));
      assertThatThrownBy(() -> admin.reset(stale)).isInstanceOf(JobStateException.class);
    }
  }

  @Test
  void aDeletedJobLeavesOnlyTheTopicsOfOthersAndMayComeBack() throws Exception {
    produce(anHourAgo());
    try (JobAdmin admin = JobAdmin.connect(config())) {
      try (RunningJob running = Millrace.start(job(4), config())) {
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> admin.status(name).isHealthy() && admin.status(name).totalLag() == 0);
        assertThatThrownBy(() -> admin.planDeletion(name))
            .isInstanceOf(JobActiveException.class)
            .hasMessageContaining("Cannot delete");
        assertThat(running.failure()).isEmpty();
      }
      DeletionPlan stale = admin.planDeletion(name);
      admin.reset(admin.planReset(name, ResetRequest.to(new ResetTarget.Earliest())));
      assertThatThrownBy(() -> admin.delete(stale)).isInstanceOf(JobActiveException.class);

      DeletionPlan plan = admin.planDeletion(name);
      assertThat(plan.topics()).contains(name + ".meta", name + ".status");
      admin.delete(plan);

      assertThat(admin.jobs()).extracting(JobSummary::job).doesNotContain(name);
      assertThat(topicIds().keySet())
          .contains(in, out)
          .noneMatch(topic -> topic.startsWith(name + "."));
      assertThat(broker.admin().listGroups().all().get())
          .noneMatch(group -> plan.groups().contains(group.groupId()));
    }
    int written = broker.consumeAll(out).size();
    runToEnd(job(4));
    assertThat(broker.consumeAll(out)).hasSizeGreaterThan(written);
  }

  @Test
  void copiesGoneForAnHourAreForgotten() throws Exception {
    produce(anHourAgo());
    runToEnd(job(4));
    long nowMs = System.currentTimeMillis();
    report("gone59m", nowMs - Duration.ofMinutes(59).toMillis());
    report("gone61m", nowMs - Duration.ofMinutes(61).toMillis());
    try (JobAdmin admin = JobAdmin.connect(config())) {
      assertThat(admin.status(name).instances())
          .extracting(JobStatus.Instance::id)
          .containsExactly("gone59m");
    }
  }

  /** Leaves the last report of a copy that was killed. */
  private void report(String instance, long atMs) {
    String json =
        String.format(
            "{\"instance\":\"%s\",\"job\":\"%s\",\"host\":\"h\",\"pid\":1,\"state\":\"RUNNING\","
                + "\"error\":\"\",\"atMs\":%d,\"stages\":{}}",
            instance, name, atMs);
    broker.produce(
        name + ".status",
        List.of(
            new ProducerRecord<>(
                name + ".status",
                instance.getBytes(StandardCharsets.UTF_8),
                json.getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void anUnknownJobIsAnErrorThatNamesTheKnownOnes() throws Exception {
    produce(anHourAgo());
    runToEnd(job(4));
    try (JobAdmin admin = JobAdmin.connect(config())) {
      assertThatThrownBy(() -> admin.status("nobody"))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void everyTopicOfAJobCanBeReadByPeople() throws Exception {
    produce(anHourAgo());
    runToEnd(job(4));
    try (JobAdmin admin = JobAdmin.connect(config())) {
      assertThat(peek(admin, in, PeekRequest.all().lastOf(2)))
          .hasSize(6)
          .allMatch(record -> record.kind() == PeekedRecord.Kind.PLAIN)
          .allMatch(record -> ((Map<?, ?>) record.value()).get("count").equals(1));
      ResetPlan plan =
          await() // On a busy machine members may leave a little later than their instance.
              .atMost(Duration.ofSeconds(30))
              .ignoreExceptionsInstanceOf(JobActiveException.class)
              .until(
                  () -> admin.planReset(name, ResetRequest.to(new ResetTarget.Earliest())),
                  Objects::nonNull);
      assertThat(plan.deletedTopics()).hasSize(2);
      for (String topic : plan.deletedTopics()) {
        List<PeekedRecord> records = peek(admin, topic, PeekRequest.all());
        if (topic.endsWith(".changelog")) {
          assertThat(records).extracting(PeekedRecord::kind).contains(PeekedRecord.Kind.COMMIT);
          assertThat(records)
              .filteredOn(record -> record.kind() == PeekedRecord.Kind.ROW)
              .anyMatch(
                  record ->
                      ((Map<?, ?>) record.key()).get("key").equals("word7")
                          && ((Map<?, ?>) record.value()).get("value").toString().equals("3"));
        } else {
          // A frame may have been purged by now, but not within seconds.
          assertThat(records).isNotEmpty().allMatch(r -> r.kind() == PeekedRecord.Kind.FRAME);
          assertThat(records.toString()).contains("word7", "channels");
        }
      }
      assertThat(peek(admin, name + ".meta", PeekRequest.all()))
          .anyMatch(record -> record.key().equals("manifest"));
      assertThat(peek(admin, in, PeekRequest.all().onlyPartition(1).atMost(5))).hasSize(5);
      assertThatThrownBy(() -> peek(admin, "nothing-here", PeekRequest.all()))
          .isInstanceOf(ConfigurationException.class);
    }
  }

  private static List<PeekedRecord> peek(JobAdmin admin, String topic, PeekRequest request) {
    List<PeekedRecord> records = new ArrayList<>();
    admin.peek(topic, request, records::add);
    return records;
  }

  private List<Long> targets(JobAdmin admin, ResetTarget target) {
    return admin.planReset(name, ResetRequest.to(target)).moves().stream()
        .map(ResetPlan.Move::to)
        .toList();
  }

  private Job job(int parallelism) {
    Job job = Job.named(name);
    job.source(KafkaSource.json(in, Word.class))
        .keyBy(Word::word)
        .parallelism(parallelism)
        .sum(Word::count)
        .to(KafkaSink.upsert(out));
    return job;
  }

  /** Old enough to be told from now, and young enough not to be deleted by retention. */
  private static long anHourAgo() {
    return Instant.now().minusSeconds(3600).toEpochMilli();
  }

  private void runToEnd(Job job) throws InterruptedException {
    try (RunningJob running = Millrace.start(job, config().with("until.end", "true"))) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
      assertThat(running.state()).isEqualTo(InstanceState.FINISHED);
    }
  }

  private JobConfig config() {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("state.dir", stateDir.toString());
  }

  /** The same words in every partition, one of each, a second apart. */
  private void produce(long firstMs) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < PARTITIONS * PER_PARTITION; i++) {
      int n = i / PARTITIONS;
      byte[] json = ("{\"word\":\"word" + n + "\",\"count\":1}").getBytes(StandardCharsets.UTF_8);
      records.add(new ProducerRecord<>(in, i % PARTITIONS, firstMs + n * 1000L, null, json));
    }
    broker.produce(in, records);
  }

  private Map<String, String> topicIds() {
    try {
      Map<String, String> ids = new HashMap<>();
      broker
          .admin()
          .listTopics()
          .listings()
          .get()
          .forEach(topic -> ids.put(topic.name(), topic.topicId().toString()));
      return ids;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private String sourceGroup() throws Exception {
    return broker.admin().listGroups().all().get().stream()
        .map(group -> group.groupId())
        .filter(group -> group.startsWith(name + "."))
        .findFirst()
        .orElseThrow();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
