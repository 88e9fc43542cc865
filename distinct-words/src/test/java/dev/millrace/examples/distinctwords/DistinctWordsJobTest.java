package dev.millrace.examples.distinctwords;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@WithBroker
final class DistinctWordsJobTest {

  @TempDir Path stateDirectory;

  @Test
  void theTopicEndsWithTheCountOfEachWord(TestBroker broker) throws Exception {
    String words = broker.createTopic(broker.uniqueName("words"), 2);
    String counts = broker.createTopic(broker.uniqueName("counts"), 2);
    broker.produce(
        words,
        Stream.of("mill", "Mill", "wheel", "mill", "stone")
            .map(
                word ->
                    new ProducerRecord<byte[], byte[]>(
                        words,
                        "{\"word\":\"%s\",\"count\":2}"
                            .formatted(word)
                            .getBytes(StandardCharsets.UTF_8)))
            .toList());
    Job job =
        new DistinctWordsJob()
            .define(
                JobArguments.of(
                    "--name", broker.uniqueName("job"), "--topic", words, "--output", counts));
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", stateDirectory.toString())
            .with("until.end", "true");

    try (RunningJob running = Millrace.start(job, config)) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
    }

    Map<String, String> last = new TreeMap<>();
    broker
        .consumeAll(counts)
        .forEach(
            record ->
                last.put(
                    new String(record.key(), StandardCharsets.UTF_8),
                    new String(record.value(), StandardCharsets.UTF_8)));
    assertThat(last).isEqualTo(Map.of("mill", "6", "wheel", "2", "stone", "2"));
  }
}
