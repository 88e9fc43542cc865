package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.admin.JobStatus;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.KafkaTable;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows that stand in the topic of a table, and records that are looked up in it, on a real broker.
 * At first no copy serves the stage of the table, so that a record which did not wait would find
 * nothing.
 */
@WithBroker
final class StandingRowsOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int KEYS = 200;

  @TempDir Path stateDir;

  @Test
  void recordsWaitForTheRowsThatStoodThere(TestBroker broker) {
    String rows = broker.createTopic(broker.uniqueName("rows"), 2);
    String stream = broker.createTopic(broker.uniqueName("stream"), 4);
    String out = broker.createTopic(broker.uniqueName("out"), 1);
    List<ProducerRecord<byte[], byte[]>> versions = new ArrayList<>();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      for (int version = 0; version <= 5; version++) {
        versions.add(new ProducerRecord<>(rows, i % 2, utf8("k" + i), utf8("v" + version)));
      }
      records.add(new ProducerRecord<>(stream, i % 4, null, utf8("k" + i)));
      expected.add("k" + i + "+v5");
    }
    broker.produce(rows, versions);
    broker.produce(stream, records);
    Job job = Job.named(broker.uniqueName("standing"));
    job.source(KafkaSource.strings(stream))
        .name("stream")
        .join(job.table(KafkaTable.strings(rows, String.class)).name("rows"))
        .on(value -> value)
        .left((value, row) -> value + "+" + row)
        .name("joined")
        .to(KafkaSink.strings(out));
    try (RunningJob waiting = start(broker, job, "a", "stream,joined")) {
      awaitWaiting(broker, job, rows);
      assertThat(waiting.failure()).isEmpty();
    }
    try (RunningJob stillWaiting = start(broker, job, "b", "stream,joined")) {
      awaitWaiting(broker, job, rows);
      assertThat(broker.consumeTexts(out)).isEmpty();
      try (RunningJob all = start(broker, job, "c", "")) {
        await().atMost(GENEROUS).until(() -> broker.consumeTexts(out).size() >= KEYS);
        assertThat(all.failure()).isEmpty();
      }
      assertThat(broker.consumeTexts(out)).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(stillWaiting.failure()).isEmpty();
    }
  }

  /** Waits until all of the stream is sent to the join and status shows what that waits for. */
  private void awaitWaiting(TestBroker broker, Job job, String topic) {
    try (JobAdmin admin = JobAdmin.connect(OneWorker.config(broker, stateDir))) {
      await()
          .atMost(GENEROUS)
          .until(
              () -> {
                JobStatus status = admin.status(job.name());
                return stage(status, "stream").totalLag() == 0
                    && stage(status, "joined").awaitedTopics().equals(List.of(topic))
                    && !stage(status, "joined").tasks().isEmpty()
                    && stage(status, "joined").tasks().stream()
                        .allMatch(task -> task.state() == JobStatus.Task.State.WAITING);
              });
    }
  }

  private static JobStatus.Stage stage(JobStatus status, String name) {
    return status.stages().stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private RunningJob start(TestBroker broker, Job job, String copy, String stages) {
    return Millrace.start(
        job,
        OneWorker.config(broker, stateDir.resolve(copy))
            .with("stages", stages)
            .with("status.interval", "500ms"));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
