package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.PatternJob;
import dev.millrace.sidebyside.engine.Payment;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.engine.WordJob;
import dev.millrace.sidebyside.figures.Counts;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.EventJson;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The input of runs, with the results that it should give.
 *
 * @param name the topic
 * @param records how many records results account for, in all its partitions
 * @param expected the results
 * @param rule how results become numbers
 */
record InputTopic(String name, long records, Counts expected, ResultRule rule) {

  /** What names of inputs start with that are used by several runs, and no other names do. */
  static final String SHARED = "input-";

  private static final long SEED = 42;

  /** A multiple of the length of a window. */
  private static final long START_MS = 1_700_000_100_000L;

  /** So many records are in a window, unless that makes too few windows. */
  private static final long RECORDS_PER_WINDOW = 125_000;

  /** So many windows there are at least. */
  private static final long LEAST_WINDOWS = 48;

  /** Sends each word of {@link WordSequence#uniform} once. */
  static void sendEach(Kafka kafka, String topic, int words, int partitions) {
    try (Filling filling = new Filling(kafka, topic, partitions)) {
      for (int i = 0; i < words; i++) {
        filling.send(null, WordSequence.uniformWord(i));
      }
    }
  }

  /** Creates and fills the topic of a suite with words. */
  static InputTopic ofWords(Kafka kafka, Arguments arguments, WordJob job, int partitions)
      throws Exception {
    String name = create(kafka, "words", partitions);
    Counts expected = new Counts();
    try (Filling filling = new Filling(kafka, name, partitions)) {
      switch (job) {
        case RUNNING_COUNT -> countWords(filling, arguments, expected);
        case WINDOW_COUNT -> countWindows(filling, arguments, expected);
      }
    }
    return new InputTopic(name, expected.total(), expected, ResultRule.of(job, 0));
  }

  /** Creates and fills the topic of a suite with events; {@link #of} has what they should give. */
  static String ofEvents(Kafka kafka, Arguments arguments, int partitions) throws Exception {
    String name = create(kafka, "events", partitions);
    EventSequence events = events(arguments);
    EventJson<Event> json = new EventJson<>(Event.class);
    long all = allEvents(arguments);
    try (Filling filling = new Filling(kafka, name, partitions)) {
      for (long number = 0; number < all; number++) {
        filling.send(events.timeMs(number), json.encode(events.event(number)));
      }
    }
    return name;
  }

  /** {@return a topic of events with the results of a query} */
  static InputTopic of(String topic, Arguments arguments, Query query) {
    EventSequence events = events(arguments);
    ResultRule rule = ResultRule.of(query, events.timeMs(arguments.records()));
    Counts expected = new Counts();
    Oracle.run(query, events::event, allEvents(arguments), line -> rule.take(null, line, expected));
    return new InputTopic(
        topic,
        query.check() == Query.Check.EACH_WINDOW ? arguments.records() : allEvents(arguments),
        expected,
        rule);
  }

  /** Creates and fills the topic of a suite with payments. */
  static InputTopic ofPayments(Kafka kafka, Arguments arguments, int partitions) throws Exception {
    String name = create(kafka, "payments", partitions);
    PaymentSequence payments =
        new PaymentSequence(SEED, START_MS, arguments.keys(), arguments.records());
    EventJson<Payment> json = new EventJson<>(Payment.class);
    try (Filling filling = new Filling(kafka, name, partitions)) {
      payments.forEach(payment -> filling.send(payment.timeMs(), json.encode(payment)));
      payments.forEachAfter(payment -> filling.send(payment.timeMs(), json.encode(payment)));
    }
    ResultRule rule = ResultRule.of(PatternJob.CARD_FRAUD, 0);
    Counts expected = new Counts();
    PaymentOracle.of(payments).run(line -> rule.take(null, line, expected));
    return new InputTopic(name, arguments.records(), expected, rule);
  }

  private static EventSequence events(Arguments arguments) {
    return new EventSequence(SEED, START_MS, arguments.rate());
  }

  private static long allEvents(Arguments arguments) {
    return arguments.records() + Query.AFTER.toSeconds() * arguments.rate();
  }

  private static String create(Kafka kafka, String kind, int partitions) throws Exception {
    String name = SHARED + kind + "-" + partitions;
    // Records with event times are old, and not to be deleted for it.
    kafka.create(name, partitions, Map.of("retention.ms", "-1", "segment.bytes", "268435456"));
    return name;
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

  private static void countWords(Filling filling, Arguments arguments, Counts expected) {
    int words = arguments.keys();
    WordSequence sequence =
        arguments.suite() == Suite.KEYS
            ? WordSequence.uniform(SEED, words)
            : WordSequence.zipf(SEED, words);
    for (int i = 0; i < arguments.records(); i++) {
      String word = sequence.next();
      filling.send(null, word);
      expected.add(word, 1);
    }
  }

  private static void countWindows(Filling filling, Arguments arguments, Counts expected) {
    long records = arguments.records();
    WordSequence sequence = WordSequence.zipf(SEED, arguments.keys());
    SplittableRandom random = new SplittableRandom(SEED);
    long windowMs = WordJob.WINDOW.toMillis();
    long windows = windows(records);
    for (long i = 0; i < records * (windows + WordJob.WINDOWS_AFTER) / windows; i++) {
      String word = sequence.next();
      long timeMs =
          START_MS
              + i * windows * windowMs / records
              + random.nextInt((int) WordJob.DISORDER.toMillis());
      // By its time, so that no window has some that count and some that do not.
      if (timeMs < START_MS + windows * windowMs) {
        filling.send(timeMs, word);
        expected.add(WordJob.windowKey(word, timeMs - timeMs % windowMs), 1);
      } else {
        filling.send(timeMs, WordJob.AFTER + word);
      }
    }
  }

  /** {@return how many windows the records that count are in} */
  static long windows(long records) {
    return Math.max(LEAST_WINDOWS, records / RECORDS_PER_WINDOW);
  }

  /** Spreads records over partitions, in runs as a producer without keys does. */
  private static final class Filling implements AutoCloseable {

    private static final int RUN = 128;

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final int partitions;
    private long sent;
    private volatile @Nullable Exception failure;

    Filling(Kafka kafka, String topic, int partitions) {
      this.producer = producer(kafka);
      this.topic = topic;
      this.partitions = partitions;
    }

    void send(@Nullable Long timeMs, String word) {
      send(timeMs, word.getBytes(StandardCharsets.UTF_8));
    }

    void send(@Nullable Long timeMs, byte[] value) {
      int partition = (int) (sent++ / RUN % partitions);
      producer.send(
          new ProducerRecord<>(topic, partition, timeMs, null, value),
          (metadata, failed) -> {
            if (failed != null) {
              failure = failed;
            }
          });
    }

    /** Waits until all are there. */
    @Override
    public void close() {
      producer.close();
      Exception failed = failure;
      if (failed != null) {
        throw new IllegalStateException("the input could not be written: " + failed, failed);
      }
    }
  }
}
