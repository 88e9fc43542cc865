package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a shuffle says of time while instances come and go. */
@WithBroker
final class WatermarkRebalanceTest {

  private static final int PARTITIONS = 4;
  private static final int RECORDS_PER_ROUND = 400;
  private static final Duration GENEROUS = Duration.ofSeconds(60);

  @TempDir Path stateDir;

  @Test
  void noChannelGoesBackWhoeverOwnsIt(TestBroker broker) throws Exception {
    long seed = 1_848;
    Random random = new Random(seed);
    String in = broker.createTopic(broker.uniqueName("times"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("counts"), 1);
    String name = broker.uniqueName("rebalances");
    long sent = 0;
    try (RunningJob first = start(broker, name, in, out, "first")) {
      sent += send(broker, in, random, 0);
      awaitRead(List.of(first), in, sent);
      long readByOthers = 0;
      for (int round = 1; round <= 3; round++) {
        try (RunningJob second = start(broker, name, in, out, "second-" + round)) {
          sent += send(broker, in, random, round);
          // Both have partitions, so some have changed hands; and back again behind this.
          await().atMost(GENEROUS).until(() -> !second.metrics().source(in).isEmpty());
          awaitRead(List.of(first, second), in, sent - readByOthers);
          readByOthers += second.metrics().stage(in).recordsIn();
        }
      }
      sent += send(broker, in, random, 4);
      awaitRead(List.of(first), in, sent - readByOthers);
    }
    Map<String, Long> newest = new HashMap<>();
    int updates = 0;
    FrameReader reader = new FrameReader();
    for (ConsumerRecord<byte[], byte[]> frame : broker.consumeAll(name + ".counts.shuffle")) {
      reader.reset(frame.value(), 0, frame.value().length);
      while (reader.next()) {
        assertThat(reader.keyLength()).isPositive();
      }
      while (reader.nextUpdate()) {
        String channel = reader.updateChannel() + " to " + frame.partition();
        long before = newest.getOrDefault(channel, Long.MIN_VALUE);
        assertThat(reader.updateEventTimeWatermark())
            .as("seed %s, channel %s, offset %s", seed, channel, frame.offset())
            .isGreaterThanOrEqualTo(before);
        newest.put(channel, reader.updateEventTimeWatermark());
        updates++;
      }
    }
    assertThat(updates).isGreaterThan(PARTITIONS);
    assertThat(newest.values()).allMatch(watermark -> watermark > Long.MIN_VALUE);
  }

  private static void awaitRead(List<RunningJob> jobs, String stage, long atLeast) {
    await()
        .atMost(GENEROUS)
        .until(
            () ->
                jobs.stream().mapToLong(job -> job.metrics().stage(stage).recordsIn()).sum()
                    >= atLeast);
  }

  /** Times go on from round to round, and back and forth within the bound. */
  private static long send(TestBroker broker, String topic, Random random, int round) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS_PER_ROUND; i++) {
      long time = round * 100_000L + i * 200L - random.nextInt(5_000);
      records.add(
          new ProducerRecord<>(
              topic,
              random.nextInt(PARTITIONS),
              null,
              Long.toString(time).getBytes(StandardCharsets.UTF_8)));
    }
    broker.produce(topic, records);
    return RECORDS_PER_ROUND;
  }

  private RunningJob start(
      TestBroker broker, String name, String in, String out, String directory) {
    Job job = Job.named(name);
    job.source(
            KafkaSource.strings(in)
                .eventTime(text -> Instant.ofEpochMilli(Long.parseLong(text)))
                .watermarks(
                    Watermarks.boundedOutOfOrderness(Duration.ofSeconds(5))
                        .idleness(Duration.ofSeconds(1))))
        .keyBy(text -> text)
        .parallelism(3)
        .window(Windows.tumbling(Duration.ofSeconds(1)))
        .count()
        .name("counts")
        .map(result -> result.key() + " " + result.value())
        .to(KafkaSink.strings(out));
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("state.dir", stateDir.resolve(directory).toString()));
  }
}
