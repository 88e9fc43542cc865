package dev.millrace.testkit;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.spec.Format;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A job that counts words, from version to version of its program, on a cluster of its own. */
final class GrowingJob {

  record Word(String word, long count, long atMs) {}

  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int PARTITIONS = 2;

  final SimClock clock = new SimClock(START);
  final TestCluster cluster = new TestCluster(clock);
  final Outputs outputs = new Outputs(cluster);
  final Map<String, Long> totals = new TreeMap<>();
  long sent;

  GrowingJob() {
    cluster.createIfMissing("words", PARTITIONS);
    for (String topic : List.of("totals", "lengths", "others", "plain")) {
      cluster.createIfMissing(topic, 1);
    }
  }

  // ------------------------------------------------------------------ versions

  Driver version(Consumer<Job> program, String... drops) {
    return version(program, Map.of(), drops);
  }

  Driver version(Consumer<Job> program, Map<String, String> settings, String... drops) {
    Job job = Job.named("growing");
    program.accept(job);
    JobTestBuilder builder = JobTest.builder(job);
    settings.forEach(builder::set);
    JobConfig config = builder.config().with("drop", String.join(",", drops));
    return Drivers.of(job, config, cluster, clock);
  }

  static DataStream<Word> words(Job job) {
    return job.source(
        KafkaSource.json("words", Word.class)
            .eventTime(word -> Instant.ofEpochMilli(word.atMs()))
            .watermarks(Watermarks.monotonous()));
  }

  static void totals(DataStream<Word> words) {
    words.keyBy(Word::word).sum(Word::count).name("totals").to(KafkaSink.upsert("totals"));
  }

  static void lengths(DataStream<Word> words) {
    words
        .keyBy(word -> word.word().length())
        .sum(Word::count)
        .name("lengths")
        .to(KafkaSink.upsert("lengths"));
  }

  static final Consumer<Job> FIRST = job -> totals(words(job));

  static final Consumer<Job> WITH_A_BRANCH =
      job -> {
        DataStream<Word> words = words(job);
        totals(words);
        lengths(words);
      };

  // ------------------------------------------------------------------ what is in the cluster

  /** Sends one word to each partition, all of the same time. */
  void send(String... texts) {
    for (int i = 0; i < texts.length; i++) {
      new TestTopic<>(cluster, "words", new Format.Json<>(TypeRef.of(Word.class)))
          .send(i % PARTITIONS, new Word(texts[i], 1, START.toEpochMilli() + sent));
      totals.merge(texts[i], 1L, Long::sum);
    }
    sent += 1_000;
  }

  Map<String, Long> table(String topic) {
    return outputs.table(topic, TypeRef.of(Long.class));
  }

  Manifest manifest() {
    return cluster.manifest("growing.meta").orElseThrow();
  }

  List<String> ownTopics() throws Exception {
    return cluster.kafka().connect(JobConfig.defaults()).admin().listTopics().names().get().stream()
        .filter(
            topic ->
                topic.startsWith("growing.") && topic.chars().filter(c -> c == '.').count() > 1)
        .sorted()
        .toList();
  }

  void runToTheEnd(Driver driver) {
    driver.start();
    driver.run();
    driver.stop(0);
  }
}
