package dev.millrace.benchmarks;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import tools.jackson.databind.json.JsonMapper;

/**
 * One measured run in a JVM of its own: the bare consumer, or the job. Prints {@code RATE
 * records-per-second}.
 */
public final class WordCountChild {

  record Word(String word, long count) {}

  private WordCountChild() {}

  /** Arguments: consumer|job, brokers, topic, format, records, round. */
  public static void main(String[] args) throws Exception {
    Words.Format format = Words.Format.valueOf(args[3]);
    long records = Long.parseLong(args[4]);
    if (args[0].equals("consumer")) {
      consume(args[1], args[2], format, records);
    } else {
      count(args[1], args[2], format, records, args[5]);
    }
    Optional<Duration> cpu = ProcessHandle.current().info().totalCpuDuration();
    System.out.printf(
        Locale.ROOT, "%s CPU %.1f s%n", args[0], cpu.orElse(Duration.ZERO).toMillis() / 1e3);
  }

  private static void consume(String bootstrap, String topic, Words.Format format, long records) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
    settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
    JsonMapper json = JsonMapper.builder().build();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long seen = 0;
      long length = 0;
      long started = 0;
      while (seen < records) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          if (started == 0) {
            started = System.nanoTime();
          }
          length +=
              format == Words.Format.JSON
                  ? json.readValue(record.value(), Word.class).word().length()
                  : new String(record.value(), StandardCharsets.UTF_8).length();
          seen++;
        }
      }
      System.out.println("RATE " + seen * 1e9 / (System.nanoTime() - started));
      if (length == 0) {
        throw new IllegalStateException("Nothing was read");
      }
    }
  }

  private static void count(
      String bootstrap, String topic, Words.Format format, long records, String round)
      throws Exception {
    String name = "bench-" + topic + "-" + round + "-" + ProcessHandle.current().pid();
    String out = name + "-out";
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(out, Optional.of(4), Optional.empty()))).all().get();
    }
    Job job = Job.named(name);
    if (format == Words.Format.JSON) {
      job.source(KafkaSource.json(topic, Word.class))
          .map(w -> new Word(w.word().toLowerCase(Locale.ROOT), w.count()))
          .keyBy(Word::word)
          .sum(Word::count)
          .name("count")
          .to(KafkaSink.upsert(out));
    } else {
      job.source(KafkaSource.strings(topic))
          .keyBy(String.class, word -> word)
          .count()
          .name("count")
          .to(KafkaSink.upsert(out));
    }
    Path state = Files.createTempDirectory("millrace-benchmark-state");
    JobConfig.Builder config =
        JobConfig.builder()
            .set("bootstrap.servers", bootstrap)
            .set("state.dir", state.toString())
            .set("until.end", "true");
    System.getProperties()
        .forEach(
            (key, value) -> {
              if (key.toString().startsWith("millrace.")) {
                config.set(key.toString().substring("millrace.".length()), value.toString());
              }
            });
    long started = 0;
    try (RunningJob running = Millrace.start(job, config.build())) {
      while (running.metrics().stage(topic).recordsIn() == 0) {
        Thread.onSpinWait();
        if (running.awaitTermination(Duration.ofMillis(1))) {
          break;
        }
      }
      started = System.nanoTime();
      while (!running.awaitTermination(Duration.ofSeconds(1))) {
        if (Boolean.getBoolean("progress")) {
          System.out.println(running.metrics());
        }
      }
      running.failure().ifPresent(failure -> failure.printStackTrace());
      if (running.state() != InstanceState.FINISHED) {
        throw new IllegalStateException("The job did not finish: " + running.state());
      }
      System.out.println("RATE " + records * 1e9 / (System.nanoTime() - started));
      System.out.println(running.metrics());
    }
  }
}
