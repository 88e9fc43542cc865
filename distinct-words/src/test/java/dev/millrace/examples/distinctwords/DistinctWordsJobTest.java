package dev.millrace.examples.distinctwords;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.examples.distinctwords.Prefixes.Stored;
import dev.millrace.metrics.JobMetrics;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example as users run it: words in, a table out. */
@WithBroker
final class DistinctWordsJobTest {

  /** Five words once, two twice, one ten times. */
  private static final List<String> WORDS =
      Stream.concat(
              Stream.of("a", "b", "c", "d", "e", "mill", "wheel", "Mill", "wheel"),
              IntStream.range(0, 10).mapToObj(i -> i % 2 == 0 ? "stone" : "Stone"))
          .toList();

  @TempDir Path directory;

  @Test
  void theTableIsPrintedFromTheFiles(TestBroker broker) throws Exception {
    Path output = directory.resolve("out");
    run(broker, JobConfig.defaults(), topicOf(WORDS, broker, 2), "--output", output.toString());
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    int code =
        TableView.run(
            List.of(output.toString()),
            InputStream.nullInputStream(),
            new PrintStream(printed, false, StandardCharsets.UTF_8),
            new PrintStream(errors, false, StandardCharsets.UTF_8));
    assertThat(code).as(errors.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(printed).hasToString("1\t5\n2\t2\n10\t1\n");
    assertThat(errors).hasToString("distinct-words: 8 distinct words, 3 counts\n");
  }

  @Test
  void everyTransactionEndsWithTheTableOfSomePrefix(TestBroker broker) throws Exception {
    Random random = new Random(5);
    List<String> words =
        Stream.generate(() -> "word" + (int) (2_000 * Math.pow(random.nextDouble(), 3)))
            .limit(20_000)
            .toList();
    String changes = broker.createTopic(broker.uniqueName("changes"), 1);
    // Small frames, so that a transaction has several; small polls, so that they come in parts.
    JobConfig config =
        JobConfig.defaults()
            .with("shuffle.frame.size", "1KB")
            .with("max.poll.records", "20")
            .with("commit.interval", "10ms");
    JobMetrics metrics =
        run(broker, config, topicOf(words, broker, 1), "--output-topic", changes, "--tasks", "1");
    // A machine that stands still for a while may let a copy wait in vain for the rest.
    assumeThat(metrics.stages().values()).allMatch(stage -> stage.dividingCommits() == 0);
    List<Stored> stored =
        broker.consumeAll(changes).stream()
            .map(
                record ->
                    new Stored(
                        record.offset(),
                        CountChange.parse(new String(record.value(), StandardCharsets.UTF_8))))
            .toList();
    assertThat(Prefixes.check(stored, words)).isGreaterThan(3);
  }

  private static String topicOf(List<String> words, TestBroker broker, int partitions) {
    String topic = broker.createTopic(broker.uniqueName("words"), partitions);
    broker.produce(
        topic,
        words.stream()
            .map(
                word ->
                    new ProducerRecord<byte[], byte[]>(
                        topic,
                        "{\"word\":\"%s\",\"count\":1}"
                            .formatted(word)
                            .getBytes(StandardCharsets.UTF_8)))
            .toList());
    return topic;
  }

  private JobMetrics run(TestBroker broker, JobConfig settings, String topic, String... output)
      throws Exception {
    String[] arguments =
        Stream.concat(
                Stream.of("--name", broker.uniqueName("job"), "--topic", topic), Stream.of(output))
            .toArray(String[]::new);
    Job job = new DistinctWordsJob().define(JobArguments.of(arguments));
    JobConfig config =
        settings
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", directory.resolve("state").toString())
            .with("until.end", "true");
    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
      return running.metrics();
    }
  }
}
