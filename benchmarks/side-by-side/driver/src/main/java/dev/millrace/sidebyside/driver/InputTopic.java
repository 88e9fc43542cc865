package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.Workload;
import dev.millrace.sidebyside.figures.Counts;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The input of all runs of a suite, generated from a seed, with the results that it should give.
 *
 * <p>{@link Workload} says what it looks like.
 *
 * @param name the topic
 * @param records how many records count, in all its partitions
 * @param expected the results
 */
record InputTopic(String name, long records, Counts expected) {

  private static final long SEED = 42;

  /** A multiple of the length of a window. */
  private static final long START_MS = 1_700_000_100_000L;

  /** So many windows have the records of an input, whatever their number. */
  private static final int WINDOWS = 48;

  /** So many come after them. */
  private static final int WINDOWS_AFTER = 24;

  /** Sends each word of {@link WordSequence#uniform} once. */
  static void sendEach(Kafka kafka, String topic, int words, int partitions) {
    try (KafkaProducer<byte[], byte[]> producer = producer(kafka)) {
      Filling filling = new Filling(producer, topic, partitions);
      for (int i = 0; i < words; i++) {
        filling.send(null, WordSequence.uniformWord(i));
      }
    }
  }

  /** Creates and fills the topic. */
  static InputTopic generate(Kafka kafka, Suite suite, int records, int words, int partitions)
      throws Exception {
    String name = "input-" + suite.label();
    // Records with event times are old, and not to be deleted for it.
    kafka.create(name, partitions, Map.of("retention.ms", "-1", "segment.bytes", "268435456"));
    Counts expected = new Counts();
    try (KafkaProducer<byte[], byte[]> producer = producer(kafka)) {
      Filling filling = new Filling(producer, name, partitions);
      switch (suite.workload()) {
        case RUNNING_COUNT -> countWords(filling, suite, records, words, expected);
        case WINDOW_COUNT -> countWindows(filling, records, words, expected);
      }
    }
    return new InputTopic(name, expected.total(), expected);
  }

  private static KafkaProducer<byte[], byte[]> producer(Kafka kafka) {
    return new KafkaProducer<>(
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            kafka.bootstrapServers(),
            ProducerConfig.LINGER_MS_CONFIG,
            20,
            ProducerConfig.BATCH_SIZE_CONFIG,
            256 << 10,
            ProducerConfig.BUFFER_MEMORY_CONFIG,
            64L << 20),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static void countWords(
      Filling filling, Suite suite, int records, int words, Counts expected) {
    WordSequence sequence =
        suite == Suite.KEYS ? WordSequence.uniform(SEED, words) : WordSequence.zipf(SEED, words);
    for (int i = 0; i < records; i++) {
      String word = sequence.next();
      filling.send(null, word);
      expected.add(word, 1);
    }
  }

  private static void countWindows(Filling filling, int records, int words, Counts expected) {
    WordSequence sequence = WordSequence.zipf(SEED, words);
    SplittableRandom random = new SplittableRandom(SEED);
    long windowMs = Workload.WINDOW.toMillis();
    for (long i = 0; i < (long) records * (WINDOWS + WINDOWS_AFTER) / WINDOWS; i++) {
      String word = sequence.next();
      long timeMs =
          START_MS
              + i * WINDOWS * windowMs / records
              + random.nextInt((int) Workload.DISORDER.toMillis());
      // By its time, so that no window has some that count and some that do not.
      if (timeMs < START_MS + WINDOWS * windowMs) {
        filling.send(timeMs, word);
        expected.add(Workload.windowKey(word, timeMs - timeMs % windowMs), 1);
      } else {
        filling.send(timeMs, Workload.AFTER + word);
      }
    }
  }

  /** Spreads records over partitions, in runs as a producer without keys does. */
  private static final class Filling {

    private static final int RUN = 128;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int partitions;
    private long sent;

    Filling(KafkaProducer<byte[], byte[]> producer, String topic, int partitions) {
      this.producer = producer;
      this.topic = topic;
      this.partitions = partitions;
    }

    void send(@Nullable Long timeMs, String word) {
      int partition = (int) (sent++ / RUN % partitions);
      producer.send(
          new ProducerRecord<>(
              topic, partition, timeMs, null, word.getBytes(StandardCharsets.UTF_8)));
    }
  }
}
