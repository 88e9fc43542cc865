package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.BoundedStreamJoin;
import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStreamJoin;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.operator.join.JoinCases.Case;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Those cases of {@link JoinCases} that do not depend on when watermarks arrive, on a real broker
 * with four partitions and two copies of the job, one of which leaves and comes back.
 */
@WithBroker
final class JoinCasesOnBrokerTest {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final int PARTITIONS = 4;

  /** The time 0 of the cases; a multiple of their windows. */
  private static final long EPOCH_MS = 1_700_000_000_000L;

  /** How often all cases are sent, each time with keys of their own. */
  private static final int COPIES = 20;

  private static final List<JoinBounds> BOUNDS =
      List.of(
          JoinCases.AFTER,
          JoinCases.BEFORE,
          JoinCases.AROUND,
          JoinCases.TUMBLING,
          JoinCases.SLIDING);

  @TempDir Path stateDir;

  /** A record of a case: its number, which of its copies it is, its key, value and time. */
  record Row(int number, int copy, String key, String value, long timeMs) {

    static Row of(int number, int copy, String record) {
      String full = record.contains("/") ? record : "k/" + record;
      String value = full.substring(full.indexOf('/') + 1, full.indexOf('@'));
      long timeMs = Long.parseLong(full.substring(full.indexOf('@') + 1));
      return new Row(number, copy, full.substring(0, full.indexOf('/')), value, timeMs);
    }

    String text() {
      return number + "|" + copy + "|" + key + "|" + value + "|" + timeMs;
    }

    static Row parsed(String text) {
      String[] parts = text.split("\\|");
      return new Row(
          Integer.parseInt(parts[0]),
          Integer.parseInt(parts[1]),
          parts[2],
          parts[3],
          Long.parseLong(parts[4]));
    }
  }

  private static final List<Case> CASES =
      JoinCases.ALL.stream()
          .filter(each -> BOUNDS.contains(each.bounds()))
          .filter(each -> !each.script().contains("W ") && !each.script().contains("! "))
          .filter(each -> each.letters(JoinKind.OUTER).isEmpty())
          .toList();

  @Test
  void resultsAreThoseOfTheTable(TestBroker broker) throws Exception {
    String left = broker.createTopic(broker.uniqueName("left"), PARTITIONS);
    String right = broker.createTopic(broker.uniqueName("right"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("joined"), PARTITIONS);
    assertThat(CASES).hasSizeGreaterThan(20);
    for (int copy = 0; copy < COPIES; copy++) {
      send(broker, left, 'L', copy);
      send(broker, right, 'R', copy);
    }
    Job job = job(broker, left, right, out);
    try (RunningJob stays = start(broker, job, "a")) {
      try (RunningJob leaves = start(broker, job, "b")) {
        await().atMost(GENEROUS).until(() -> !broker.consumeAll(out).isEmpty());
        assertThat(leaves.failure()).isEmpty();
      }
      try (RunningJob comesBack = start(broker, job, "b")) {
        assertThat(comesBack.awaitTermination(GENEROUS)).isTrue();
        assertThat(stays.awaitTermination(GENEROUS)).isTrue();
        assertThat(comesBack.failure()).isEmpty();
        assertThat(stays.failure()).isEmpty();
      }
    }
    Map<String, List<String>> found = new TreeMap<>();
    broker
        .consumeAll(out)
        .forEach(
            record -> {
              String[] parts = new String(record.value(), StandardCharsets.UTF_8).split(" ");
              found
                  .computeIfAbsent(parts[0], name -> new ArrayList<>())
                  .add(parts[1] + "@" + (record.timestamp() - EPOCH_MS));
            });
    Map<String, List<String>> expected = new TreeMap<>();
    for (int number = 0; number < CASES.size(); number++) {
      List<String> results =
          CASES.get(number).expected(JoinKind.OUTER).stream()
              .filter(result -> !result.equals("end"))
              .sorted()
              .toList();
      for (int copy = 0; copy < COPIES; copy++) {
        expected.put(number + "/" + copy, results);
      }
    }
    found.values().forEach(results -> results.sort(null));
    assertThat(found).isEqualTo(expected);
  }

  private static void send(TestBroker broker, String topic, char side, int copy) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int number = 0; number < CASES.size(); number++) {
      for (String step : CASES.get(number).steps()) {
        if (step.charAt(0) == side) {
          byte[] value =
              Row.of(number, copy, step.substring(2)).text().getBytes(StandardCharsets.UTF_8);
          records.add(new ProducerRecord<>(topic, (number + copy) % PARTITIONS, null, value));
        }
      }
    }
    broker.produce(topic, records);
  }

  private static Job job(TestBroker broker, String left, String right, String out) {
    Job job = Job.named(broker.uniqueName("cases"));
    DataStream<Row> lefts = source(job, left);
    DataStream<Row> rights = source(job, right);
    for (int i = 0; i < BOUNDS.size(); i++) {
      JoinBounds bounds = BOUNDS.get(i);
      KeyedStreamJoin<String, Row, Row> join =
          lefts
              .filter(row -> CASES.get(row.number()).bounds().equals(bounds))
              .join(rights.filter(row -> CASES.get(row.number()).bounds().equals(bounds)))
              .on(JoinCasesOnBrokerTest::key, JoinCasesOnBrokerTest::key)
              .parallelism(PARTITIONS);
      within(join, bounds)
          .outer(JoinCasesOnBrokerTest::joined)
          .name("join-" + i)
          .to(KafkaSink.strings(out));
    }
    return job;
  }

  private static BoundedStreamJoin<Row, Row> within(
      KeyedStreamJoin<String, Row, Row> join, JoinBounds bounds) {
    if (bounds instanceof JoinBounds.Interval interval) {
      return join.within(
          Duration.ofMillis(interval.lowerMs()), Duration.ofMillis(interval.upperMs()));
    }
    WindowKind window = ((JoinBounds.SameWindow) bounds).window();
    if (window instanceof WindowKind.Sliding sliding) {
      return join.within(
          Windows.sliding(
              Duration.ofMillis(sliding.sizeMs()), Duration.ofMillis(sliding.slideMs())));
    }
    WindowKind.Tumbling tumbling = (WindowKind.Tumbling) window;
    return join.within(Windows.tumbling(Duration.ofMillis(tumbling.sizeMs())));
  }

  private static String key(Row row) {
    return row.number() + "/" + row.copy() + "/" + row.key();
  }

  private static String joined(@Nullable Row left, @Nullable Row right) {
    Row any = left == null ? right : left;
    return any.number()
        + "/"
        + any.copy()
        + " "
        + (left == null ? "-" : left.value())
        + "+"
        + (right == null ? "-" : right.value());
  }

  private static DataStream<Row> source(Job job, String topic) {
    return job.source(
            KafkaSource.strings(topic)
                .eventTime(text -> Instant.ofEpochMilli(EPOCH_MS + Row.parsed(text).timeMs()))
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(1))))
        .map(Row::parsed);
  }

  private RunningJob start(TestBroker broker, Job job, String copy) {
    return Millrace.start(
        job,
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("workers", "1")
            .with("until.end", "true")
            .with("shuffle.frame.size", "1KB")
            .with("commit.interval", "50ms")
            .with("state.dir", stateDir.resolve(copy).toString()));
  }
}
