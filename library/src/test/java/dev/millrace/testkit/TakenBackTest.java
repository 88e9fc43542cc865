package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.RetractableFolds;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.serde.TypeRef;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** A whole job whose aggregate takes records back, as frames ask it to. */
final class TakenBackTest {

  private static final String SHUFFLE = "job.sums.shuffle";
  private static final TypeRef<Long> NUMBERS = TypeRef.of(Long.class);

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);
  private final Driver driver;

  TakenBackTest() {
    cluster.createIfMissing("in", 1);
    cluster.createIfMissing("out", 1);
    Job job = Job.named("job");
    job.source(KafkaSource.json("in", Long.class))
        .keyBy(value -> value % 2 == 0 ? "even" : "odd")
        .sum(value -> value)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    JobConfig config = JobTest.builder(job).config();
    this.driver =
        new Driver(
            Launcher.plan(retracting(PlanAccess.of(job)), config),
            config,
            cluster.kafka(),
            clock,
            new Driver.Mode(0, true));
    driver.start();
    driver.run();
  }

  /** No aggregate of a stream takes records back, so that one is put in its place. */
  private static LogicalPlan retracting(LogicalPlan plan) {
    Fold fold = new Fold(new RetractableFolds.LongSum(), Long.class, Long.class, true);
    List<LogicalNode> nodes =
        plan.nodes().stream()
            .map(
                node ->
                    node.operation() instanceof KeyedOperation.Aggregate aggregate
                        ? node.doing(new KeyedOperation.Aggregate(aggregate.verb(), fold))
                        : node)
            .toList();
    return new LogicalPlan(plan.job(), nodes, plan.serdes());
  }

  @Test
  void aKeyGoesWithItsLastRecordAlsoAfterARestore() {
    cluster.send(number("3"));
    cluster.send(number("5"));
    cluster.send(number("4"));
    driver.run();
    assertThat(outputs.table("out", NUMBERS)).isEqualTo(Map.of("odd", 8L, "even", 4L));

    send(entry("odd", FrameFormat.RETRACTION, 3, 0));
    driver.run();
    assertThat(outputs.table("out", NUMBERS)).isEqualTo(Map.of("odd", 5L, "even", 4L));

    driver.killAll();
    driver.loseDisk();
    driver.start();
    driver.run();
    send(entry("even", FrameFormat.PARTIAL, 2, 0)); // 6 in place of 4
    driver.run();
    assertThat(outputs.table("out", NUMBERS)).isEqualTo(Map.of("odd", 5L, "even", 6L));

    send(entry("odd", FrameFormat.RETRACTION, 5, 0), entry("even", FrameFormat.PARTIAL, -6, -1));
    driver.run();
    assertThat(outputs.table("out", NUMBERS)).isEmpty();

    cluster.send(number("7"));
    driver.run();
    assertThat(outputs.table("out", NUMBERS)).isEqualTo(Map.of("odd", 7L));
  }

  private static ProducerRecord<byte[], byte[]> number(String digits) {
    return new ProducerRecord<>("in", digits.getBytes(StandardCharsets.UTF_8));
  }

  /** An entry of a frame; a partial has a number of records besides. */
  private record Sent(String key, int kind, long value, long weight) {}

  private static Sent entry(String key, int kind, long value, long weight) {
    return new Sent(key, kind, value, weight);
  }

  @SuppressWarnings("unchecked") // the types are those of the job
  private void send(Sent... entries) {
    KeyCodec<Object> keys = (KeyCodec<Object>) KeyCodecs.forType(String.class);
    ValueCodec<Long> values = ValueCodecs.forClass(Long.class, new InMemorySchemaBook());
    ByteWriter key = new ByteWriter();
    for (Sent entry : entries) {
      key.clear();
      keys.encode(entry.key(), key);
      FrameWriter frame = new FrameWriter(values.schemaId(), values.schemaId(), 1);
      ByteWriter body = frame.beginEntry(key.array(), 0, key.size(), clock.wallMs(), entry.kind());
      if (entry.kind() == FrameFormat.PARTIAL) {
        new PartialHead().of(entry.weight(), 0).write(body);
      }
      values.encode(entry.value(), body);
      frame.endEntry();
      int hash = Hashing.murmur2(key.array(), 0, key.size());
      cluster.send(
          new ProducerRecord<>(
              SHUFFLE,
              Hashing.partition(hash, cluster.partitions(SHUFFLE).orElseThrow()),
              new byte[0],
              frame.finish(FrameFormat.LAST_OF_TRANSACTION, List.of())));
    }
  }
}
