package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long time takes from a source's partitions through shuffles; measured and printed. */
@WithBroker
final class WatermarksOnBrokerTest {

  record Reading(String sensor, long atMs, long value) {}

  record Sum(String sensor, long sum) {}

  private static final int WORKERS = 2;
  private static final Duration GENEROUS = Duration.ofSeconds(30);

  @TempDir Path stateDir;

  @Test
  void anIdlePartitionHoldsNothingBackThroughTwoShuffles(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 2);
    String out = broker.createTopic(broker.uniqueName("sums"), 1);
    Duration idleTimeout = Duration.ofSeconds(2);
    Watermarks<Object> strategy = Watermarks.monotonous().idleness(idleTimeout);
    Job job = twoShuffles(broker, in, out, strategy, 10);
    try (RunningJob ignored = start(broker, job)) {
      awaitTasksSpread(broker, job.name(), 3);
      send(broker, in, 0, new Reading("a", 1_000, 5), new Reading("a", 12_000, 20));
      send(broker, in, 1, new Reading("b", 2_000, 2), new Reading("b", 12_000, 3));
      await()
          .atMost(GENEROUS)
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).containsExactly("all=7"));
      // Both are active when the clock starts to count.
      long sentNanos = System.nanoTime();
      send(broker, in, 1, new Reading("b", 13_000, 0));
      send(broker, in, 0, new Reading("a", 30_000, 1));
      await()
          .atMost(GENEROUS)
          .pollInterval(Duration.ofMillis(20))
          .untilAsserted(
              () -> assertThat(broker.consumeTexts(out)).containsExactly("all=7", "all=23"));
      long tookMs = (System.nanoTime() - sentNanos) / 1_000_000;
      System.out.printf(
          "two shuffles, one idle partition of two: closed %d ms after the record behind the"
              + " window (idle timeout %d ms)%n",
          tookMs, idleTimeout.toMillis());
      assertThat(tookMs).isLessThan(idleTimeout.toMillis() + 10_000);
    }
  }

  @Test
  void withTheClockTheLastWindowClosesWithoutFurtherInput(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 2);
    String out = broker.createTopic(broker.uniqueName("sums"), 1);
    // So wide that a busy machine makes nothing late.
    Duration bound = Duration.ofSeconds(3);
    Duration idleTimeout = Duration.ofSeconds(1);
    Watermarks<Object> strategy =
        Watermarks.boundedOutOfOrderness(bound).idleness(idleTimeout).advanceWithClock();
    try (RunningJob running = start(broker, twoShuffles(broker, in, out, strategy, 1))) {
      send(broker, in, 0, new Reading("a", 1_000, 9));
      await()
          .atMost(GENEROUS)
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).containsExactly("all=9"));
      assertThat(running.metrics().stage(in).recordsIn()).isEqualTo(1);
      long now = System.currentTimeMillis();
      long windowEnd = now / 1_000 * 1_000 + 1_000;
      send(broker, in, 0, new Reading("a", now, 4));
      await()
          .atMost(GENEROUS)
          .pollInterval(Duration.ofMillis(20))
          .untilAsserted(
              () -> assertThat(broker.consumeTexts(out)).containsExactly("all=9", "all=4"));
      long afterEndMs = System.currentTimeMillis() - windowEnd;
      System.out.printf(
          "two shuffles, no further input: closed %d ms after the window's end by the clock"
              + " (bound %d ms + idle timeout %d ms)%n",
          afterEndMs, bound.toMillis(), idleTimeout.toMillis());
      assertThat(afterEndMs).isLessThan(bound.plus(idleTimeout).toMillis() + 10_000);
    }
  }

  @Test
  void aRecordTooFarAheadClosesNothingAndCountsNowhere(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 1);
    String out = broker.createTopic(broker.uniqueName("sums"), 1);
    Watermarks<Object> strategy = Watermarks.monotonous().maxFuture(Duration.ofHours(2));
    long now = System.currentTimeMillis() / 10_000 * 10_000;
    try (RunningJob running = start(broker, twoShuffles(broker, in, out, strategy, 10))) {
      send(
          broker,
          in,
          0,
          new Reading("a", now, 3),
          new Reading("a", now + Duration.ofHours(3).toMillis(), 100),
          new Reading("a", now + 1, 4),
          new Reading("b", now + 60_000, 0));
      await()
          .atMost(GENEROUS)
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).containsExactly("all=7"));
      await()
          .atMost(GENEROUS)
          .untilAsserted(
              () ->
                  assertThat(
                          running.metrics().stages().values().stream()
                              .mapToLong(counters -> counters.lateRecords())
                              .sum())
                      .isEqualTo(1));
    }
  }

  @Test
  void aStrategyOfOnesOwnGoesOnFromTheCommittedWatermark(TestBroker broker) throws Exception {
    String in = broker.createTopic(broker.uniqueName("readings"), 1);
    String out = broker.createTopic(broker.uniqueName("sums"), 1);
    String name = broker.uniqueName("punctuated");
    Watermarks<Reading> strategy =
        Watermarks.punctuated(
                (Reading reading, Instant at) ->
                    reading.sensor().equals("mark") ? Optional.of(at) : Optional.empty())
            .idleness(Duration.ofHours(1));
    try (RunningJob ignored = start(broker, oneShuffle(name, in, out, strategy))) {
      send(broker, in, 0, new Reading("a", 1_000, 1), new Reading("a", 50_000, 2));
      send(broker, in, 0, new Reading("mark", 20_000, 0));
      await()
          .atMost(GENEROUS)
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).containsExactly("a@0=1"));
    }
    try (RunningJob running = start(broker, oneShuffle(name, in, out, strategy))) {
      // Behind the committed watermark, which the new generator does not know of.
      send(broker, in, 0, new Reading("a", 2_000, 10), new Reading("mark", 10_000, 0));
      send(broker, in, 0, new Reading("mark", 70_000, 0));
      await()
          .atMost(GENEROUS)
          .untilAsserted(() -> assertThat(broker.consumeTexts(out)).contains("a@0=1", "a@50000=2"));
      assertThat(
              running.metrics().stages().values().stream()
                  .mapToLong(counters -> counters.lateRecords())
                  .sum())
          .isEqualTo(2);
    }
    assertThat(broker.consumeTexts(out)).doesNotContain("a@0=10", "a@0=11");
  }

  private static Job oneShuffle(String name, String in, String out, Watermarks<Reading> strategy) {
    Job job = Job.named(name);
    job.source(
            KafkaSource.json(in, Reading.class)
                .eventTime(reading -> Instant.ofEpochMilli(reading.atMs()))
                .watermarks(strategy))
        .keyBy(Reading::sensor)
        .parallelism(2)
        .window(Windows.tumbling(Duration.ofSeconds(10)))
        .sum(Reading::value)
        .name("sums")
        .map(r -> r.key() + "@" + r.window().start().toEpochMilli() + "=" + r.value())
        .to(KafkaSink.strings(out));
    return job;
  }

  private static Job twoShuffles(
      TestBroker broker, String in, String out, Watermarks<Object> strategy, long seconds) {
    Job job = Job.named(broker.uniqueName("two-shuffles"));
    job.source(
            KafkaSource.json(in, Reading.class)
                .eventTime(reading -> Instant.ofEpochMilli(reading.atMs()))
                .watermarks(strategy))
        .keyBy(Reading::sensor)
        .parallelism(3)
        .window(Windows.tumbling(Duration.ofSeconds(seconds)))
        .sum(Reading::value)
        .name("sums")
        .map(r -> new Sum("all", r.value()))
        .keyBy(Sum::sensor)
        .parallelism(2)
        .window(Windows.tumbling(Duration.ofSeconds(seconds)))
        .sum(Sum::sum)
        .name("total")
        .map(r -> r.key() + "=" + r.value())
        .to(KafkaSink.strings(out));
    return job;
  }

  /** A partition that moves to another worker is waited for anew, which is not what is measured. */
  private static void awaitTasksSpread(TestBroker broker, String job, int stages) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      await()
          .atMost(GENEROUS)
          .until(
              () -> {
                List<String> groups =
                    admin.listGroups().all().get().stream()
                        .map(GroupListing::groupId)
                        .filter(group -> group.startsWith(job + "."))
                        .toList();
                return groups.size() == stages
                    && admin.describeConsumerGroups(groups).all().get().values().stream()
                        .allMatch(WatermarksOnBrokerTest::isSpread);
              });
    }
  }

  private static boolean isSpread(ConsumerGroupDescription group) {
    return group.groupState() == GroupState.STABLE
        && group.members().size() == WORKERS
        && group.members().stream()
            .noneMatch(member -> member.assignment().topicPartitions().isEmpty());
  }

  private RunningJob start(TestBroker broker, Job job) {
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("workers", Integer.toString(WORKERS))
            .with("state.dir", stateDir.toString()));
  }

  private static void send(TestBroker broker, String topic, int partition, Reading... readings) {
    broker.produce(
        topic,
        List.of(readings).stream()
            .map(
                reading ->
                    new ProducerRecord<byte[], byte[]>(
                        topic,
                        partition,
                        null,
                        ("{\"sensor\":\""
                                + reading.sensor()
                                + "\",\"atMs\":"
                                + reading.atMs()
                                + ",\"value\":"
                                + reading.value()
                                + "}")
                            .getBytes(StandardCharsets.UTF_8)))
            .toList());
  }
}
