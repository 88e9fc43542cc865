package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.serde.TypeRef;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Jobs whose next version has more tables on every instance, or fewer. */
final class GrowingBroadcastsTest {

  private static final String TOPIC = "growing.totals.broadcast";

  private static final Consumer<Job> PLAIN = job -> in(job).to(KafkaSink.strings("out"));

  private static final Consumer<Job> WITH_TABLE =
      job -> {
        totals(job).to(KafkaSink.upsert("totals"));
        PLAIN.accept(job);
      };

  private static final Consumer<Job> WITH_BROADCAST = job -> lookUp(job, totals(job));

  private static final Consumer<Job> WITH_TOPIC =
      job -> lookUp(job, job.table(KafkaTable.strings("rows", String.class)));

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);

  GrowingBroadcastsTest() {
    for (String topic : List.of("in", "words", "rows", "out", "totals")) {
      cluster.createIfMissing(topic, 1);
    }
  }

  private static DataStream<String> in(Job job) {
    return job.source(KafkaSource.strings("in"));
  }

  private static Table<String, Long> totals(Job job) {
    return job.source(KafkaSource.strings("words")).keyBy(word -> word).count().name("totals");
  }

  private static void lookUp(Job job, Table<String, ?> table) {
    in(job)
        .join(table.broadcast())
        .on(word -> word)
        .left((word, row) -> word + "=" + row)
        .to(KafkaSink.strings("out"));
  }

  private Driver version(Consumer<Job> program, String... drops) {
    Job job = Job.named("growing");
    program.accept(job);
    JobConfig config = JobTest.builder(job).config().with("drop", String.join(",", drops));
    return Drivers.of(job, config, cluster, clock);
  }

  /** {@return what a version of the job writes for a word, after it was started} */
  private List<String> run(Consumer<Job> program, String word, String... drops) {
    Driver driver = version(program, drops);
    driver.start();
    driver.run();
    send("in", word);
    driver.run();
    driver.stop(0);
    return outputs.drain("out", TypeRef.of(String.class));
  }

  private void send(String topic, String... words) {
    TestTopic<String> to = new TestTopic<>(cluster, topic, new Format.Utf8<>());
    for (String word : words) {
      to.send(TestRecord.of(word).key(word));
    }
  }

  private Manifest.Stage totals() {
    return cluster.manifest("growing.meta").orElseThrow().stages().get("totals");
  }

  @Test
  void aTopicThatInstancesReadCanComeAndGo() {
    send("rows", "a");
    assertThat(run(PLAIN, "a")).containsExactly("a");
    assertThat(run(WITH_TOPIC, "a")).containsExactly("a=a");
    assertThat(run(PLAIN, "a")).containsExactly("a");
  }

  @Test
  void aTableThatIsNewCanBeBroadcast() {
    send("words", "a", "a");
    assertThat(run(PLAIN, "a")).containsExactly("a");
    assertThat(run(WITH_BROADCAST, "a")).containsExactly("a=2");
    assertThat(totals().ownTopics(new JobNames("growing"), "totals"))
        .as("what a reset and a deletion delete")
        .containsKey(TOPIC);
    assertThat(run(WITH_BROADCAST, "a")).containsExactly("a=2");
  }

  @Test
  void aTableThatHasRowsCannotBeBroadcastAllAtOnce() {
    send("words", "a", "a");
    assertThat(run(WITH_TABLE, "a")).containsExactly("a");
    assertThatThrownBy(() -> run(WITH_BROADCAST, "a"))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining(
            "broadcast table 'totals' is new and would miss the rows that table 'totals' has"
                + " already, unless that table begins anew under another name")
        .hasMessageContaining("or start it over with reset");
    assertThat(cluster.partitions(TOPIC)).isEmpty();
    assertThat(run(WITH_TABLE, "a")).containsExactly("a");
  }

  /** It has the rows that are made from then on, as everything that is new. */
  @Test
  void aTableThatHasRowsCanBeBroadcastUnderAnotherName() {
    Consumer<Job> another = job -> lookUp(job, totals(job).name("others"));
    send("words", "a", "a");
    assertThat(run(WITH_TABLE, "a")).containsExactly("a");
    assertThatThrownBy(() -> run(another, "a"))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("--drop totals");
    assertThat(run(another, "a", "totals")).containsExactly("a=null");
    send("words", "a", "b");
    assertThat(run(another, "a")).containsExactly("a=1");
    assertThat(run(another, "b")).containsExactly("b=1");
  }

  /** That topic has all of its rows. */
  @Test
  void aTableThatHasRowsCanBeBroadcastByTheTopicThatItIsWrittenTo() {
    send("words", "a", "a");
    assertThat(run(WITH_TABLE, "a")).containsExactly("a");
    Consumer<Job> fromTopic =
        job -> {
          totals(job).to(KafkaSink.upsert("totals"));
          lookUp(job, job.table(KafkaTable.json("totals", String.class, Long.class)));
        };
    assertThat(run(fromTopic, "a")).containsExactly("a=2");
    send("words", "a");
    assertThat(run(fromTopic, "a")).containsExactly("a=3");
  }

  @Test
  void aTableThatIsBroadcastNoMoreHasToBeNamed() {
    send("words", "a");
    assertThat(run(WITH_BROADCAST, "a")).containsExactly("a=1");
    assertThatThrownBy(() -> run(WITH_TABLE, "a"))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("--drop totals/totals-broadcast");
    assertThat(cluster.partitions(TOPIC)).isPresent();
    assertThat(run(WITH_TABLE, "a", "totals/totals-broadcast")).containsExactly("a");
    assertThat(cluster.partitions(TOPIC)).isEmpty();
    assertThat(totals().broadcasts()).isEmpty();
    assertThat(totals().stores()).isNotEmpty();
  }

  @Test
  void aTableWithItsTopicGoesWithItsStage() {
    send("words", "a");
    assertThat(run(WITH_BROADCAST, "a")).containsExactly("a=1");
    assertThat(run(PLAIN, "a", "totals", "words")).containsExactly("a");
    assertThat(cluster.partitions(TOPIC)).isEmpty();
  }

  @Test
  void aTopicThatIsGoneIsNotMadeAnewWithoutItsRows() {
    send("words", "a");
    assertThat(run(WITH_BROADCAST, "a")).containsExactly("a=1");
    try (SimClients clients = cluster.kafka().connect(JobConfig.defaults())) {
      clients.admin().deleteTopics(List.of(TOPIC));
    }
    assertThatThrownBy(() -> run(WITH_BROADCAST, "a"))
        .isInstanceOf(IncompatibleJobException.class)
        .hasMessageContaining("the topic of broadcast table 'totals' of stage 'totals' is gone");
    cluster.createIfMissing(TOPIC, 1);
    assertThatThrownBy(() -> run(WITH_BROADCAST, "a")).isInstanceOf(IncompatibleJobException.class);
  }
}
