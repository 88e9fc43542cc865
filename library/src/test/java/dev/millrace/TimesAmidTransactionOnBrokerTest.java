package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.function.Async;
import dev.millrace.output.OutputTag;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backlogs of which a source passes many windows in one transaction. */
@WithBroker
final class TimesAmidTransactionOnBrokerTest {

  private static final int PARTITIONS = 2;
  private static final int RECORDS = 40_000;
  private static final int BOUND_MS = 3_000;

  private static final OutputTag<Late<String>> LATE = Late.tag("late", String.class);

  @TempDir Path stateDir;

  private final long seed = ThreadLocalRandom.current().nextLong(1_000_000_000);
  private final Map<String, Long> expected = new TreeMap<>();

  @Test
  void framesCarryTheTimeBeforeTheTransactionEnds(TestBroker broker) throws Exception {
    assertThat(framesWithEarlyTimes(broker, "exactly-once", texts -> texts)).isPositive();
  }

  /** What a call answers is older than the time that was reached meanwhile. */
  @Test
  void whatCallsAnswerIsNotLate(TestBroker broker) throws Exception {
    Executor later = CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS);
    int ignored =
        framesWithEarlyTimes(
            broker,
            "exactly-once",
            texts ->
                texts.mapAsync(
                    String.class,
                    text -> CompletableFuture.supplyAsync(() -> text, later),
                    Async.inFlight(200)));
  }

  @Test
  void timeStandsStillWhereWhatFailedIsRead(TestBroker broker) throws Exception {
    assertThat(framesWithEarlyTimes(broker, "at-least-once", texts -> texts)).isZero();
  }

  /**
   * Runs counts per window over a backlog, each record up to the bound out of order; checks that
   * none was late, and returns how many frames had a watermark though their transaction went on.
   */
  private int framesWithEarlyTimes(
      TestBroker broker, String guarantee, UnaryOperator<DataStream<String>> steps)
      throws Exception {
    String in = broker.createTopic(broker.uniqueName("backlog"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("counts"), 1);
    String late = broker.createTopic(broker.uniqueName("late"), 1);
    String name = broker.uniqueName("backlogs");
    send(broker, in);
    Job job = Job.named(name);
    DataStream<String> source =
        job.source(
            KafkaSource.strings(in)
                .eventTime(text -> Instant.ofEpochMilli(timeMs(text)))
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMillis(BOUND_MS))));
    // With an output of what is late there are no partial aggregates, so that more is in the
    // frames.
    DataStream<WindowResult<String, Long>> counts =
        steps
            .apply(source)
            .keyBy(text -> text.substring(0, 3))
            .window(Windows.tumbling(Duration.ofSeconds(1)))
            .lateTo(LATE)
            .count()
            .name("counts");
    counts.sideOutput(LATE).map(Late::value).to(KafkaSink.strings(late));
    counts
        .map(r -> r.key() + "@" + r.window().start().toEpochMilli() + "=" + r.value())
        .to(KafkaSink.strings(out));
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("guarantee", guarantee)
            .with("shuffle.frame.size", "1KB")
            .with("state.dir", stateDir.toString())
            .with("until.end", "true");
    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(90))).isTrue();
      assertThat(running.failure()).isEmpty();
    }
    assertThat(broker.consumeTexts(late)).as("seed %d", seed).isEmpty();
    List<String> wanted =
        expected.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
    assertThat(broker.consumeTexts(out))
        .as("seed %d", seed)
        .containsExactlyInAnyOrderElementsOf(wanted);
    return EarlyTimes.in(broker.consumeAll(name + ".counts.shuffle"));
  }

  private void send(TestBroker broker, String topic) {
    Random random = new Random(seed);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      long timeMs = 1_000_000 + i * 5L - random.nextInt(BOUND_MS);
      String key = "k" + (10 + random.nextInt(60));
      expected.merge(key + "@" + timeMs / 1_000 * 1_000, 1L, Long::sum);
      byte[] text = (key + " " + timeMs).getBytes(StandardCharsets.UTF_8);
      records.add(new ProducerRecord<>(topic, i % PARTITIONS, null, text));
    }
    broker.produce(topic, records);
  }

  private static long timeMs(String text) {
    return Long.parseLong(text.substring(4));
  }
}
