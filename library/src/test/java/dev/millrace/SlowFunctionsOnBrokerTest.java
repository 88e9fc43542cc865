package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.metrics.StageCounters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A function that takes a second for each record of a backlog, and a broker that waits for hardly
 * more: two seconds for the next poll, four for the end of a transaction, which is open from its
 * first record on, since there is so much output.
 */
@WithBroker
@Tag("slow")
final class SlowFunctionsOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofMinutes(2);
  private static final int RECORDS = 16;
  private static final int RESULTS = 5;

  @TempDir Path stateDir;

  @Test
  void noTransactionOutlastsItsTimeoutAndNoTurnThePollInterval(TestBroker broker) {
    String in = broker.createTopic(broker.uniqueName("in"), 1);
    String out = broker.createTopic(broker.uniqueName("out"), 1);
    broker.produce(
        in,
        Collections.nCopies(
            RECORDS, new ProducerRecord<>(in, "x".getBytes(StandardCharsets.UTF_8))));
    Job job = Job.named(broker.uniqueName("slow"));
    job.source(KafkaSource.strings(in))
        .flatMap(
            String.class,
            (word, results) -> {
              Thread.sleep(1_000);
              for (int i = 0; i < RESULTS; i++) {
                results.emit(word.repeat(900_000));
              }
            })
        .to(KafkaSink.strings(out));
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("transaction.timeout", "4s")
            .with("kafka.consumer.max.poll.interval.ms", "2000")
            .with("session.timeout", "1500ms")
            .with("heartbeat.interval", "300ms")
            .with("state.dir", stateDir.toString());
    try (RunningJob running = Millrace.start(job, config)) {
      await().atMost(GENEROUS).until(() -> source(running, in).recordsIn() >= RECORDS);
      StageCounters source = source(running, in);
      assertThat(source.aborts()).isZero();
      assertThat(source.recordsIn()).isEqualTo(RECORDS);
      assertThat(source.commits()).as("some had several records").isLessThan(RECORDS);
      assertThat(running.failure()).isEmpty();
    }
    assertThat(broker.consumeAll(out)).hasSize(RECORDS * RESULTS);
  }

  private static StageCounters source(RunningJob running, String topic) {
    return running.metrics().stage(topic);
  }
}
