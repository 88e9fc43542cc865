package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.metrics.StageCounters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.awaitility.Awaitility;

/**
 * A job with everything that can be lost or doubled, its input, and what must come out.
 *
 * <p>Every word is copied to one topic (so a loss or a repetition shows as such) and summed per
 * word into another (so the state shows).
 */
final class Fixture {

  static final Duration PATIENCE = Duration.ofSeconds(90);

  /** A word with a number that no other has. */
  record Word(String word, long count, long id) {}

  final TestBroker broker;
  final String name;
  final String in;
  final String copies;
  final String sums;
  final Path stateDir;
  private final Map<String, Long> expectedSums = new HashMap<>();
  private final int partitions;
  private long produced;

  Fixture(TestBroker broker, Path stateDir, int partitions) {
    this.broker = broker;
    this.stateDir = stateDir;
    this.partitions = partitions;
    this.name = broker.uniqueName("job");
    this.in = broker.createTopic(name + "-in", partitions);
    this.copies = broker.createTopic(name + "-copies", 2);
    this.sums = broker.createTopic(name + "-sums", 2);
  }

  /** Writes good records, evenly over the partitions. */
  void produce(int count, long seed) {
    Random random = new Random(seed);
    produce(count, () -> "w" + random.nextInt(300), () -> 1 + random.nextInt(5));
  }

  /** Writes good records of one word, evenly over the partitions. */
  void produce(String word, int count) {
    produce(count, () -> word, () -> 1);
  }

  private void produce(int count, Supplier<String> words, IntSupplier counts) {
    broker.produce(in, records(count, words, counts));
  }

  /** Writes good records by a producer of the test's own, which waits for their answers. */
  void produce(Producer<byte[], byte[]> producer, int count, long seed) {
    Random random = new Random(seed);
    records(count, () -> "w" + random.nextInt(300), () -> 1 + random.nextInt(5))
        .forEach(producer::send);
    producer.flush();
  }

  private List<ProducerRecord<byte[], byte[]>> records(
      int count, Supplier<String> words, IntSupplier counts) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Word word = new Word(words.get(), counts.getAsInt(), produced++);
      expectedSums.merge(word.word(), word.count(), Long::sum);
      records.add(record((int) (word.id() % partitions), json(word)));
    }
    return records;
  }

  /** Writes one record as it is. */
  void produceRaw(int partition, byte[] value) {
    broker.produce(in, List.of(record(partition, value)));
  }

  ProducerRecord<byte[], byte[]> record(int partition, byte[] value) {
    return new ProducerRecord<>(in, partition, null, value);
  }

  static byte[] json(Word word) {
    return bytes(
        "{\"word\":\"%s\",\"count\":%d,\"id\":%d}".formatted(word.word(), word.count(), word.id()));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  JobConfig config() {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("state.dir", stateDir.toString())
        .with("workers", "1")
        .with("state.memory", "8MB")
        .with("heap.memory", "64MB");
  }

  Job job() {
    Job job = Job.named(name);
    var words = job.source(KafkaSource.json(in, Word.class));
    words.to(KafkaSink.<Word>json(copies).key(Word::word));
    words.keyBy(Word::word).sum(Word::count).name("sums").to(KafkaSink.upsert(sums));
    return job;
  }

  RunningJob start() {
    return Millrace.start(job(), config());
  }

  /** {@return the copies so far, in no particular order} */
  List<Long> copiedIds() {
    return broker.consumeAll(copies).stream().map(r -> number(r, "id")).toList();
  }

  static long number(ConsumerRecord<byte[], byte[]> record, String field) {
    return Long.parseLong(text(record.value()).replaceAll(".*\"" + field + "\":(\\d+).*", "$1"));
  }

  /** {@return the last sum of every word} */
  Map<String, Long> lastSums() {
    return broker.consumeCounts(sums);
  }

  Map<String, Long> expectedSums() {
    return expectedSums;
  }

  long produced() {
    return produced;
  }

  /** Waits until all output is there, then checks that none of it is there twice. */
  void awaitExact(RunningJob running) {
    awaitExact(List.of(running));
  }

  void awaitExact(List<RunningJob> running) {
    await(
        "all output of " + produced + " records",
        () -> {
          running.forEach(Fixture::assertHealthy);
          return lastSums().equals(expectedSums) && copiedIds().size() >= produced;
        });
    assertExact();
  }

  void assertExact() {
    assertThat(copiedIds()).doesNotHaveDuplicates().hasSize((int) produced);
    assertThat(lastSums()).isEqualTo(expectedSums);
  }

  static void assertHealthy(RunningJob running) {
    running
        .failure()
        .ifPresent(
            failure -> {
              throw new AssertionError("The job failed", failure);
            });
  }

  static void await(String what, BooleanSupplier condition) {
    Awaitility.await(what)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(condition::getAsBoolean);
  }

  /** {@return what the job failed with, which it must} */
  static Throwable awaitFailure(RunningJob running) throws InterruptedException {
    assertThat(running.awaitTermination(PATIENCE)).as("the job ends").isTrue();
    assertThat(running.state()).isEqualTo(InstanceState.FAILED);
    return running.failure().orElseThrow();
  }

  static long total(RunningJob running, ToLongFunction<StageCounters> counter) {
    return running.metrics().stages().values().stream().mapToLong(counter).sum();
  }

  /** {@return a header as text, or an empty text} */
  static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : text(header.value());
  }
}
