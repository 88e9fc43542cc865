package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.GroupedCounts.Grouping;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.metrics.StageCounters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real broker, whose fetches end where they like, amid transactions too. */
@WithBroker
final class WholeTransactionsOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int LINES = 600;

  @TempDir Path stateDir;

  @Test
  void everyTransactionShowsTheStateAfterSomeLine(TestBroker broker) {
    String lines = broker.createTopic(broker.uniqueName("lines"), 1);
    String groups = broker.createTopic(broker.uniqueName("groups"), 1);
    Grouping grouping = Grouping.BY_COUNT_AND_DIGITS;
    Job job = GroupedCounts.job(broker.uniqueName("whole"), lines, groups, grouping, 1);
    List<String> all = GroupedCounts.lines(new Random(11), LINES, 100, 2_000);
    var end = GroupedCounts.prefixes(grouping, all).get(LINES);
    try (RunningJob first = start(broker, job, "a")) {
      for (int i = 0; i < LINES / 2; i += 10) {
        send(broker, lines, all.subList(i, i + 10));
      }
      assertThat(first.failure()).isEmpty();
    }
    // It was stopped amid its work; another copy goes on, with a new state directory.
    try (RunningJob second = start(broker, job, "b")) {
      for (int i = LINES / 2; i < LINES; i += 10) {
        send(broker, lines, all.subList(i, i + 10));
      }
      await()
          .atMost(GENEROUS)
          .until(
              () -> {
                var states = GroupedCounts.states(broker.consumeAll(groups));
                return states.get(states.size() - 1).equals(end);
              });
      assertThat(second.failure()).isEmpty();
      StageCounters counts = second.metrics().stage("counts");
      assertThat(counts.framesOut()).isGreaterThan(2 * counts.commits());
      assertThat(second.metrics().stages().values())
          .extracting(StageCounters::dividingCommits)
          .containsOnly(0L);
    }
    GroupedCounts.assertPrefixes(
        "run", grouping, GroupedCounts.states(broker.consumeAll(groups)), all);
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("shuffle.frame.size", "1KB")
            .with("max.poll.records", "3")
            .with("commit.interval", "20ms")
            .with("state.dir", stateDir.resolve(copy).toString()));
  }

  private static void send(TestBroker broker, String topic, List<String> lines) {
    broker.produce(
        topic,
        lines.stream()
            .map(
                line ->
                    new ProducerRecord<byte[], byte[]>(
                        topic, line.getBytes(StandardCharsets.UTF_8)))
            .toList());
  }
}
