package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers are threads here, unlike in the test kit: none uses the serde of another. */
@WithBroker
final class SerdeOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path stateDir;

  /** Has no constructor that JSON could use. */
  private static final class Total {
    private final String word;
    private final long count;

    Total(String word, long count) {
      this.word = word;
      this.count = count;
    }

    Total plus(Total other) {
      return new Total(word, count + other.count);
    }
  }

  /** Remembers who used it, and whether it was closed. */
  private static final class TotalSerde
      implements Serde<Total>, Serializer<Total>, Deserializer<Total> {

    private final Set<Thread> users = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    @Override
    public Serializer<Total> serializer() {
      return this;
    }

    @Override
    public Deserializer<Total> deserializer() {
      return this;
    }

    @Override
    public byte[] serialize(String topic, Total total) {
      users.add(Thread.currentThread());
      return (total.word + " " + total.count).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Total deserialize(String topic, byte[] data) {
      users.add(Thread.currentThread());
      String[] parts = new String(data, StandardCharsets.UTF_8).split(" ");
      return new Total(parts[0], Long.parseLong(parts[1]));
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKey) {}

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void eachThreadUsesASerdeOfItsOwnAndClosesIt(TestBroker broker) {
    String in = broker.createTopic(broker.uniqueName("words"), 2);
    String out = broker.createTopic(broker.uniqueName("totals"), 1);
    Set<TotalSerde> made = ConcurrentHashMap.newKeySet();
    Job job =
        Job.named(broker.uniqueName("serdes"))
            .serde(
                Total.class,
                () -> {
                  TotalSerde serde = new TotalSerde();
                  made.add(serde);
                  return serde;
                });
    job.source(KafkaSource.strings(in))
        .map(word -> new Total(word, 1))
        .keyBy(total -> total.word)
        .parallelism(2)
        .reduce(Total::plus)
        .changes()
        .map(change -> change.key() + change.value().count)
        .to(KafkaSink.strings(out));
    for (int run = 1; run <= 2; run++) {
      try (RunningJob running = start(broker, job)) {
        for (String word : List.of("a", "b", "c", "d", "e", "f")) {
          send(broker, in, word);
        }
        long sent = run * 12L;
        await().atMost(GENEROUS).until(() -> counted(broker, out) == sent);
        running.close();
        assertThat(running.failure()).isEmpty();
      }
    }
    assertThat(made).allMatch(serde -> serde.closed).allMatch(serde -> serde.users.size() <= 1);
    // In each run at least one worker of each of the two stages; which of them has had something to
    // do depends on where brokers put records and tasks.
    assertThat(made.stream().filter(serde -> !serde.users.isEmpty()))
        .hasSizeGreaterThanOrEqualTo(4);
  }

  private RunningJob start(TestBroker broker, Job job) {
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("workers", "2")
            .with("state.dir", stateDir.toString()));
  }

  private static void send(TestBroker broker, String topic, String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    broker.produce(
        topic,
        List.of(
            new ProducerRecord<byte[], byte[]>(topic, 0, null, bytes),
            new ProducerRecord<byte[], byte[]>(topic, 1, null, bytes)));
  }

  /** {@return the sum of the newest counts of all words} */
  private static long counted(TestBroker broker, String topic) {
    Map<Character, Long> newest = new HashMap<>();
    broker
        .consumeAll(topic)
        .forEach(
            record -> {
              String line = new String(record.value(), StandardCharsets.UTF_8);
              newest.merge(line.charAt(0), Long.parseLong(line.substring(1)), Math::max);
            });
    return newest.values().stream().mapToLong(Long::longValue).sum();
  }
}
