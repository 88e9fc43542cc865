package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaTable;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table from a topic that Kafka's cleaner compacts while the job stands still. */
@WithBroker
final class TopicTableOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final ConfigResource ALL_BROKERS =
      new ConfigResource(ConfigResource.Type.BROKER, "");

  @TempDir Path stateDir;

  @Test
  void aChangeTakesBackWhatWasEmittedAlsoIfTheCleanerHasRemovedIt(TestBroker broker)
      throws Exception {
    alterBrokers(broker, AlterConfigOp.OpType.SET);
    String in =
        broker.createTopic(
            broker.uniqueName("profiles"),
            2,
            Map.of(
                "cleanup.policy", "compact",
                "segment.ms", "10",
                "min.cleanable.dirty.ratio", "0.0",
                "max.compaction.lag.ms", "10"));
    String out = broker.createTopic(broker.uniqueName("changes"), 1);
    Job job = Job.named(broker.uniqueName("table"));
    job.table(KafkaTable.strings(in, String.class))
        .name("rows")
        .changes()
        .filter(change -> !change.key().startsWith("filler"))
        .map(change -> change.kind() + " " + change.key() + " " + change.value())
        .to(KafkaSink.strings(out));
    try (RunningJob running = start(broker, job, "first")) {
      send(broker, in, "ann", "1");
      send(broker, in, "bob", "1");
      send(broker, in, "carl", "1");
      await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() == 3);
      assertThat(running.failure()).isEmpty();
    }
    send(broker, in, "ann", "2");
    send(broker, in, "bob", null);
    int[] fillers = {0};
    await()
        .atMost(GENEROUS)
        .until(
            () -> {
              // The segment that is written to is not cleaned.
              for (int partition = 0; partition < 2; partition++) {
                sendTo(broker, in, partition, "filler" + fillers[0]++ % 4);
              }
              return records(broker, in, "ann") == 1 && records(broker, in, "bob") == 1;
            });
    try (RunningJob running = start(broker, job, "second, without local state")) {
      await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= 6);
      assertThat(broker.consumeTexts(out).subList(0, 3))
          .containsExactlyInAnyOrder("INSERT ann 1", "INSERT bob 1", "INSERT carl 1");
      assertThat(broker.consumeTexts(out).subList(3, 6))
          .containsExactlyInAnyOrder("UPDATE_BEFORE ann 1", "UPDATE_AFTER ann 2", "DELETE bob 1");
      assertThat(running.failure()).isEmpty();
    }
    alterBrokers(broker, AlterConfigOp.OpType.DELETE);
    try (JobAdmin admin = JobAdmin.connect(OneWorker.config(broker, stateDir))) {
      ResetPlan plan = admin.planReset(job.name(), ResetRequest.to(new ResetTarget.Latest()));
      assertThat(plan.moves()).hasSize(2).allMatch(move -> move.to() == 0);
      admin.reset(plan);
    }
    try (RunningJob running = start(broker, job, "third")) {
      await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= 8);
      assertThat(broker.consumeTexts(out).subList(6, 8))
          .as("a table is read from its beginning, since its rows went with the state")
          .containsExactlyInAnyOrder("INSERT ann 2", "INSERT carl 1");
      assertThat(running.failure()).isEmpty();
    }
  }

  /** The cleaner looks for work every 15 seconds by default. */
  private static void alterBrokers(TestBroker broker, AlterConfigOp.OpType how) throws Exception {
    ConfigEntry backoff = new ConfigEntry("log.cleaner.backoff.ms", "100");
    broker
        .admin()
        .incrementalAlterConfigs(Map.of(ALL_BROKERS, List.of(new AlterConfigOp(backoff, how))))
        .all()
        .get();
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return OneWorker.start(broker, job, stateDir.resolve(copy));
  }

  private static void send(TestBroker broker, String topic, String key, @Nullable String value) {
    broker.produce(topic, List.of(new ProducerRecord<>(topic, utf8(key), bytes(value))));
  }

  private static void sendTo(TestBroker broker, String topic, int partition, String key) {
    broker.produce(
        topic, List.of(new ProducerRecord<>(topic, partition, utf8(key), utf8("filler"))));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte @Nullable [] bytes(@Nullable String value) {
    return value == null ? null : utf8(value);
  }

  private static long records(TestBroker broker, String topic, String key) {
    return broker.consumeAll(topic).stream()
        .filter(record -> new String(record.key(), StandardCharsets.UTF_8).equals(key))
        .count();
  }
}
