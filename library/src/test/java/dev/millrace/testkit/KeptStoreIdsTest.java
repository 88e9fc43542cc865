package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.meta.StoreIds;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.state.ValueState;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The numbers of stores are those of the manifest, whatever the stores are called. */
final class KeptStoreIdsTest {

  record Word(String word, long count) {}

  /** Sums and counts. */
  static final class Sums extends KeyedProcessFunction<String, Word, Word> {
    private final ValueState<Long> sum = state.value("sum", Long.class);
    private final ValueState<Long> records = state.value("records", Long.class);

    @Override
    public void onRecord(Word word, Context context) {
      sum.set(sum.valueOr(0L) + word.count());
      records.set(records.valueOr(0L) + 1);
      context.emit(new Word(word.word(), sum.valueOr(0L)));
    }
  }

  private static final String STAGE = "sums";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private final PhysicalPlan plan;
  private final Driver driver;

  KeptStoreIdsTest() {
    cluster.createIfMissing("words", 1);
    cluster.createIfMissing("sums", 1);
    Job job = Job.named("kept");
    job.source(KafkaSource.json("words", Word.class))
        .keyBy(Word::word)
        .process(Sums::new)
        .name(STAGE)
        .to(KafkaSink.json("sums"));
    JobConfig config = JobTest.builder(job).config();
    plan = Launcher.plan(PlanAccess.of(job), config);
    driver = new Driver(plan, config, cluster.kafka(), clock, new Driver.Mode(0, true));
  }

  private void send(String word, long count) {
    new TestTopic<>(cluster, "words", new Format.Json<>(TypeRef.of(Word.class)))
        .send(new Word(word, count));
  }

  private Manifest.Stage deployed() {
    return Objects.requireNonNull(
        cluster.manifest(plan.metaTopic()).orElseThrow().stages().get(STAGE));
  }

  private Map<String, Long> state(String store) {
    return new StateRows(cluster, plan).table(store, String.class, Long.class);
  }

  private Set<Integer> idsInChangelog() {
    Set<Integer> ids = new TreeSet<>();
    for (ConsumerRecord<byte[], byte[]> row : cluster.committed("kept." + STAGE + ".changelog")) {
      ids.add(new ByteReader(row.key()).readVarint());
    }
    ids.remove(0); // commit frames
    return ids;
  }

  private void write(Manifest.Stage stage) {
    Manifest manifest = cluster.manifest(plan.metaTopic()).orElseThrow();
    Map<String, Manifest.Stage> stages = new TreeMap<>(manifest.stages());
    stages.put(STAGE, stage);
    try (MetaTopic meta =
        new MetaTopic(cluster.kafka().connect(JobConfig.defaults()), plan.metaTopic(), "test")) {
      cluster.send(meta.record(manifest.deployed(manifest.run(), stages, manifest.splits())));
    }
  }

  @Test
  void rowsAreKeptUnderTheNumbersOfTheManifest() {
    driver.start();
    Manifest.Stage first = deployed();
    assertThat(first.storeIds()).isEqualTo(StoreIds.of(first.stores().keySet()));
    driver.stop(0);

    SortedMap<String, Integer> ids = new TreeMap<>(first.storeIds().byStore());
    ids.put("sums.sum", 3_000);
    ids.put("sums.records", 41);
    write(
        new Manifest.Stage(
            first.tasks(),
            first.topics(),
            first.kinds(),
            first.changelog(),
            first.stores(),
            new StoreIds(ids, new TreeMap<>()),
            first.sinks(),
            first.standing(),
            first.broadcasts()));
    driver.start();
    send("a", 2);
    driver.run();
    driver.killAll();
    driver.loseDisk();
    driver.start();
    send("a", 3);
    driver.run();
    assertThat(idsInChangelog()).containsExactly(41, 3_000);
    assertThat(state("sums.sum")).isEqualTo(Map.of("a", 5L));
    assertThat(state("sums.records")).isEqualTo(Map.of("a", 2L));
    assertThat(new StateRows(cluster, plan).count(STAGE)).isEqualTo(2);
  }

  /** What the time before numbers were kept has left goes on, and gets its numbers written down. */
  @Test
  void aJobWithoutNumbersGoesOnWithThePlacesOfItsStores() {
    driver.start();
    send("a", 2);
    driver.run();
    driver.stop(0);
    StoreIds places = StoreIds.of(deployed().stores().keySet());
    Set<Integer> before = idsInChangelog();
    ObjectNode manifest = (ObjectNode) JSON.readTree(manifestBytes());
    for (var stage : manifest.withObject("/stages")) {
      assertThat(((ObjectNode) stage).remove("storeIds")).isNotNull();
    }
    cluster.send(
        new ProducerRecord<>(
            plan.metaTopic(),
            0,
            null,
            "manifest".getBytes(StandardCharsets.UTF_8),
            JSON.writeValueAsBytes(manifest)));
    assertThat(new String(manifestBytes(), StandardCharsets.UTF_8)).doesNotContain("storeIds");

    cluster.grow("words", 2); // for a reason to write the manifest
    driver.start();
    send("a", 3);
    driver.run();
    assertThat(state("sums.sum")).isEqualTo(Map.of("a", 5L));
    assertThat(idsInChangelog()).isEqualTo(before);
    assertThat(new String(manifestBytes(), StandardCharsets.UTF_8)).contains("storeIds");
    assertThat(deployed().storeIds()).isEqualTo(places);
  }

  private byte[] manifestBytes() {
    return cluster.committed(plan.metaTopic()).stream()
        .filter(record -> "manifest".equals(new String(record.key(), StandardCharsets.UTF_8)))
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .value();
  }
}
