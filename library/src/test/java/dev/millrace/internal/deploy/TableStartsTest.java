package dev.millrace.internal.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Where the topic of a table is read from when its stage is new. */
final class TableStartsTest {

  private static final TopicPartition ROWS = new TopicPartition("rows", 0);

  private final SimClock clock = new SimClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final SimKafka kafka = new SimKafka(clock);
  private final JobConfig config = JobConfig.defaults();

  /** A source takes over the offset that a reset has set for its topic, also under another name. */
  @Test
  void aTableBeginsAtTheBeginningWhereverAResetHasPutItsTopic() {
    kafka.createTopic("rows", 1);
    Job job = Job.named("job");
    job.source(KafkaSource.strings("rows")).name("stream").to(KafkaSink.strings("out"));
    job.table(KafkaTable.strings("rows", String.class)).name("table").to(KafkaSink.upsert("out"));
    PhysicalPlan plan = Compiler.compile(PlanAccess.of(job), ErrorPolicy.fail());
    Manifest reset =
        Manifest.first(new UUID(0, 1))
            .resetting(Map.of("former", Map.of("rows", List.of(7L))))
            .reset("run");
    try (Cluster cluster = Cluster.through(kafka.connect(config), config, clock)) {
      new FirstOffsets(cluster, plan)
          .write(cluster.topics().describe(List.of("rows")), reset, Set.of("stream", "table"));
      assertThat(offset(cluster, "stream")).isEqualTo(7);
      assertThat(offset(cluster, "table")).isZero();
    }
  }

  private static long offset(Cluster cluster, String stage) {
    Map<TopicPartition, OffsetAndMetadata> committed =
        cluster.groups().stableCommittedOffsets("job." + stage);
    return committed.get(ROWS).offset();
  }
}
