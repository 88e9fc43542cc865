package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.InstanceState;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole engine, on a real broker: two stages with a shuffle between them. */
@WithBroker
final class WordCountTest {

  record Word(String word, long count) {
    Word plus(Word other) {
      return new Word(word, count + other.count);
    }
  }

  record Count(String word, long count) {}

  @TempDir Path stateDir;

  @Test
  void runningCountsOfABoundedInputAreExact(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("words"), 3);
    String out = broker.createTopic(broker.uniqueName("counts"), 2);
    Map<String, Long> expected = produce(broker, in, 20_000, 1);

    Job job = Job.named(broker.uniqueName("wordcount"));
    job.source(KafkaSource.json(in, Word.class))
        .map(w -> new Word(w.word().toLowerCase(Locale.ROOT), w.count()))
        .keyBy(Word::word)
        .sum(Word::count)
        .to(KafkaSink.upsert(out));
    try (RunningJob running = Millrace.start(job, config(broker).with("until.end", "true"))) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
      assertThat(running.state()).isEqualTo(InstanceState.FINISHED);
    }
    assertThat(broker.consumeCounts(out)).isEqualTo(expected);
  }

  @Test
  void windowsInProcessingTimeCountEachRecordOnce(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("words"), 3);
    String out = broker.createTopic(broker.uniqueName("counts"), 2);
    Map<String, Long> expected = produce(broker, in, 20_000, 2);

    Job job = Job.named(broker.uniqueName("wordcount"));
    job.source(KafkaSource.json(in, Word.class))
        .map(w -> new Word(w.word().toLowerCase(Locale.ROOT), w.count()))
        .keyBy(Word::word)
        .window(Windows.tumbling(Duration.ofMillis(50)))
        .reduce(Word::plus)
        .map(r -> new Count(r.key(), r.value().count()))
        .to(KafkaSink.<Count>json(out).key(Count::word));
    try (RunningJob running = Millrace.start(job, config(broker).with("until.end", "true"))) {
      assertThat(running.awaitTermination(Duration.ofSeconds(60))).isTrue();
      assertThat(running.failure()).isEmpty();
    }
    Map<String, Long> sums = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.consumeAll(out)) {
      String json = new String(record.value(), StandardCharsets.UTF_8);
      long count = Long.parseLong(json.replaceAll(".*\"count\":(\\d+).*", "$1"));
      sums.merge(new String(record.key(), StandardCharsets.UTF_8), count, Long::sum);
    }
    assertThat(sums).isEqualTo(expected);
  }

  private JobConfig config(TestBroker broker) {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("state.dir", stateDir.toString());
  }

  private static Map<String, Long> produce(TestBroker broker, String topic, int count, long seed) {
    Random random = new Random(seed);
    Map<String, Long> expected = new HashMap<>();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String word = (random.nextBoolean() ? "Word" : "word") + random.nextInt(500);
      long weight = 1 + random.nextInt(3);
      expected.merge(word.toLowerCase(Locale.ROOT), weight, Long::sum);
      String json = "{\"word\":\"" + word + "\",\"count\":" + weight + "}";
      records.add(new ProducerRecord<>(topic, i % 3, null, json.getBytes(StandardCharsets.UTF_8)));
    }
    broker.produce(topic, records);
    return expected;
  }
}
