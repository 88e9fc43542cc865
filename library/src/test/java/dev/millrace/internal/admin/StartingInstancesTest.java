package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.GroupMember;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.sim.WithoutLeader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What can be seen of instances that wait, for the tables that they look up or for others. */
final class StartingInstancesTest {

  private static final ResetRequest TO_EARLIEST = ResetRequest.to(new ResetTarget.Earliest());

  private final SteppedCluster on = new SteppedCluster(JobConfig.defaults());
  private final SimClock clock = on.clock;
  private final SimKafka kafka = on.kafka;
  private final JobConfig config = on.config;
  private final Cluster cluster = on.cluster;

  StartingInstancesTest() {
    for (String topic : List.of("stream", "rows", "out", "counts")) {
      kafka.createTopic(topic, 1);
    }
  }

  private static Job lookingUp() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("stream"))
        .join(job.table(KafkaTable.strings("rows", String.class)).broadcast())
        .on(value -> value)
        .left((value, row) -> value + "=" + row)
        .to(KafkaSink.strings("out"));
    return job;
  }

  private SteppedInstance start(Job job, JobConfig settings, SimClients clients) {
    SteppedInstance instance = on.start(job, settings, clients);
    instance.keepHouse();
    return instance;
  }

  private void work(SteppedInstance instance, Duration time) {
    on.work(instance, time);
  }

  private void assertThatItIsActive() {
    assertThatThrownBy(() -> new JobReset(cluster, "job", clock).plan(TO_EARLIEST))
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("Cannot reset job 'job': ");
    assertThatThrownBy(() -> new JobDeletion(cluster, "job", clock).plan())
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("Cannot delete job 'job': ");
  }

  private void assertThatItIsNotActive() {
    assertThat(new JobReset(cluster, "job", clock).plan(TO_EARLIEST).moves()).hasSize(1);
    assertThat(new JobDeletion(cluster, "job", clock).plan().groups())
        .containsExactly("job.stream");
  }

  /** It joins its groups with the tables, and would work on with what a reset has taken away. */
  @Test
  void aJobIsNotResetWhileAnInstanceReadsItsTables() {
    SteppedInstance instance = start(lookingUp(), config, kafka.connect(config));
    assertThat(cluster.groups().activeMembers("job.stream")).isEmpty();
    assertThatItIsActive();
    assertThatThrownBy(() -> new JobReset(cluster, "job", clock).plan(TO_EARLIEST))
        .hasMessageContaining("is starting (process " + ProcessHandle.current().pid() + " on ")
        .hasMessageContaining("counts as starting for 10 s after its last report");
    work(instance, Duration.ofSeconds(3));
    assertThat(cluster.groups().activeMembers("job.stream")).isNotEmpty();
    assertThatItIsActive();
    instance.stop();
    assertThatItIsNotActive();
  }

  /** Only what it does next shows that another version has taken the job over. */
  @Test
  void anInstanceOfAFormerVersionStopsWhenItHasReadItsTables() {
    SteppedInstance former = start(lookingUp(), config, kafka.connect(config));
    Job other = lookingUp();
    other.source(KafkaSource.strings("rows")).name("copied").to(KafkaSink.strings("counts"));
    SteppedInstance present = start(other, config, kafka.connect(config));
    work(present, Duration.ofSeconds(1));
    assertThatThrownBy(former::readTables)
        .isInstanceOf(JobStateException.class)
        .hasMessageContaining("which has other stages or stores. Replace this copy");
    former.workers().forEach(Worker::turn);
    assertThat(cluster.groups().activeMembers("job.stream"))
        .extracting(GroupMember::clientId)
        .isEqualTo(
            present.workersByStage().get("stream").stream().map(Worker::transactionalId).toList());
  }

  /** Others may take it for dead, if it was killed and started again, and is in no group yet. */
  @Test
  void anInstanceThatIsFencedWhileItReadsItsTablesWorks() {
    SteppedInstance instance = start(lookingUp(), config, kafka.connect(config));
    cluster.transactions().fence(instance.workers().stream().map(Worker::transactionalId).toList());
    send("rows", "a", "x");
    send("stream", "", "a");
    work(instance, Duration.ofSeconds(30));
    instance.stop();
    assertThat(out()).containsExactly("a=x");
  }

  private List<String> out() {
    TopicPartition partition = new TopicPartition("out", 0);
    List<String> values = new ArrayList<>();
    try (Consumer<byte[], byte[]> reader =
        cluster.clients().readerConsumer("test", IsolationLevel.READ_COMMITTED)) {
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      reader
          .poll(Duration.ZERO)
          .forEach(record -> values.add(new String(record.value(), StandardCharsets.UTF_8)));
    }
    return values;
  }

  @Test
  void oneThatWasKilledMeanwhileCountsForAMoment() {
    SimClients clients = kafka.connect(config);
    SteppedInstance instance = start(lookingUp(), config, clients);
    clients.kill();
    instance.vanish();
    assertThatItIsActive();
    clock.advance(Duration.ofSeconds(11));
    assertThatItIsNotActive();
  }

  /** The source of a table is held back for a stage that nobody runs, so the stream waits too. */
  @Test
  void theStatusNamesWhoWaitsForWhom() {
    Job job = Job.named("job");
    Table<String, String> rows = job.table(KafkaTable.strings("rows", String.class));
    rows.groupBy((key, row) -> row).count().name("groups").to(KafkaSink.upsert("counts"));
    job.source(KafkaSource.strings("stream"))
        .join(rows)
        .on(value -> value)
        .left((value, row) -> value + "=" + row)
        .name("joined")
        .to(KafkaSink.strings("out"));
    for (int i = 0; i < 50; i++) {
      send("rows", "k" + i, "r" + i);
    }
    JobConfig settings =
        config
            .with("stages", "rows,stream,joined")
            .with("backpressure.max.lag.records", "2")
            .with("max.poll.records", "1");
    work(start(job, settings, kafka.connect(settings)), Duration.ofSeconds(20));
    JobStatus status = new JobInspector(cluster, clock).status("job");
    assertThat(stage(status, "rows").heldBackBy()).containsExactly("groups");
    assertThat(stage(status, "rows").awaitedTopics()).isEmpty();
    assertThat(stage(status, "rows").tasks())
        .extracting(JobStatus.Task::state)
        .containsExactly(JobStatus.Task.State.PAUSED);
    assertThat(stage(status, "groups").members()).isZero();
    assertThat(stage(status, "joined").awaitedTopics()).containsExactly("rows");
    assertThat(stage(status, "joined").heldBackBy()).isEmpty();
    assertThat(stage(status, "stream").heldBackBy()).isEmpty();
  }

  /** Who asks then is likely to ask because of the broker that led it. */
  @Test
  void aPartitionWithoutALeaderDoesNotHideTheRest() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("stream")).to(KafkaSink.strings("out"));
    job.source(KafkaSource.strings("rows")).to(KafkaSink.strings("out"));
    send("stream", "", "a");
    send("rows", "", "b");
    work(start(job, config, kafka.connect(config)), Duration.ofSeconds(3));
    kafka.injectFaults(new WithoutLeader(partition -> partition.topic().equals("stream")));
    JobStatus status = new JobInspector(cluster, clock).status("job");
    assertThat(stage(status, "stream").inputs())
        .singleElement()
        .satisfies(
            input -> {
              assertThat(input.committed()).isPresent();
              assertThat(input.end()).isEmpty();
              assertThat(input.lag()).isEmpty();
            });
    assertThat(stage(status, "rows").inputs())
        .singleElement()
        .satisfies(input -> assertThat(input.lag()).hasValue(0));
  }

  /** It is on a broker that went away, as those of other groups are not. */
  @Test
  void aGroupWithoutACoordinatorDoesNotHideTheRest() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("stream")).to(KafkaSink.strings("out"));
    job.source(KafkaSource.strings("rows")).to(KafkaSink.strings("out"));
    send("stream", "", "a");
    send("rows", "", "b");
    work(start(job, config, kafka.connect(config)), Duration.ofSeconds(3));
    String away = stage(new JobInspector(cluster, clock).status("job"), "stream").group();
    kafka.injectFaults(
        new ClusterFaults() {
          @Override
          public boolean isCoordinatorMoving(String id) {
            return id.equals(away);
          }
        });
    JobStatus status = new JobInspector(cluster, clock).status("job");
    JobStatus.Stage stream = stage(status, "stream");
    assertThat(stream.groupFailure())
        .hasValueSatisfying(
            reason ->
                assertThat(reason).contains("group " + away).contains("no answer from Kafka"));
    assertThat(stream.members()).isZero();
    assertThat(stream.tasks()).isNotEmpty().allMatch(JobStatus.Task::isRunning);
    assertThat(stream.inputs())
        .singleElement()
        .satisfies(
            input -> {
              assertThat(input.committed()).isEmpty();
              assertThat(input.end()).isPresent();
              assertThat(input.lag()).isEmpty();
            });
    JobStatus.Stage rows = stage(status, "rows");
    assertThat(rows.groupFailure()).isEmpty();
    assertThat(rows.members()).isPositive();
    assertThat(rows.inputs())
        .singleElement()
        .satisfies(input -> assertThat(input.lag()).hasValue(0));
    assertThat(status.isHealthy()).as("as the instances report").isTrue();
  }

  private static JobStatus.Stage stage(JobStatus status, String name) {
    return status.stages().stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void send(String topic, String key, String value) {
    cluster
        .clients()
        .plainProducer("test")
        .send(
            new ProducerRecord<>(
                topic,
                0,
                key.getBytes(StandardCharsets.UTF_8),
                value.getBytes(StandardCharsets.UTF_8)));
  }

  // ------------------------------------------------------------------ a reset as the way out

  private static Table<String, Long> counts(Job job) {
    return job.source(KafkaSource.strings("rows")).keyBy(row -> row).count().name("row-counts");
  }

  /** A table that has rows cannot be broadcast; after a reset all of them are made anew. */
  @Test
  void aResetMakesARunningTableOneThatEveryInstanceHas() {
    Job plain = Job.named("job");
    counts(plain).to(KafkaSink.upsert("counts"));
    send("rows", "", "a");
    send("rows", "", "a");
    SteppedInstance before = start(plain, config, kafka.connect(config));
    work(before, Duration.ofSeconds(3));
    before.stop();
    Job broadcasting = Job.named("job");
    Table<String, Long> counts = counts(broadcasting);
    counts.to(KafkaSink.upsert("counts"));
    broadcasting
        .source(KafkaSource.strings("stream"))
        .join(counts.broadcast())
        .on(value -> value)
        .left((value, count) -> value + "=" + count)
        .to(KafkaSink.strings("out"));
    assertThatThrownBy(() -> start(broadcasting, config, kafka.connect(config)))
        .hasMessageContaining("broadcast table 'row-counts' is new and would miss the rows");
    JobReset reset = new JobReset(cluster, "job", clock);
    reset.execute(reset.plan(TO_EARLIEST));
    SteppedInstance after = start(broadcasting, config, kafka.connect(config));
    work(after, Duration.ofSeconds(3));
    send("stream", "", "a");
    work(after, Duration.ofSeconds(3));
    after.stop();
    assertThat(out()).containsExactly("a=2");
  }
}
