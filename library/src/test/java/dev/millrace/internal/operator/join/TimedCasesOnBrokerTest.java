package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.BoundedStreamJoin;
import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.KeyedStreamJoin;
import dev.millrace.Table;
import dev.millrace.TemporalJoin;
import dev.millrace.admin.JobStatus;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.operator.join.TimedScripts.Family;
import dev.millrace.internal.operator.join.TimedScripts.Moment;
import dev.millrace.internal.operator.join.TimedScripts.Row;
import dev.millrace.internal.operator.join.TimedScripts.Script;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.metrics.StageCounters;
import dev.millrace.output.OutputTag;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cases of joins of streams of every kind, and of lookups as of event time, on a real broker with
 * four partitions and two instances: also those in which it matters when a watermark comes. All
 * scripts run side by side in one job, step by step.
 */
@Tag("slow")
@WithBroker
final class TimedCasesOnBrokerTest {

  private static final int PARTITIONS = 4;

  /** The time 0 of the scripts, in whole windows. */
  private static final long EPOCH_MS = System.currentTimeMillis() / 1_000 * 1_000 - 1_200_000;

  /** How much the watermark stays behind the newest record, so that only ticks move it. */
  private static final long BOUND_MS = 500_000;

  /** How much too far ahead a time is. */
  private static final long FAR_MS = 3_600_000;

  /** The function of each join; it fails once in each. */
  private static final Map<String, FailingPairs> FUNCTIONS = new ConcurrentHashMap<>();

  private static final FailingPairs ROWS = new FailingPairs("null");

  /** The bounds of joins that run here: each has a stage for each kind of join. */
  private static final List<JoinBounds> BOUNDS = List.of(JoinCases.AFTER, JoinCases.TUMBLING);

  private static final List<Script> SCRIPTS =
      Stream.concat(TimedScripts.ofJoins(BOUNDS).stream(), TimedScripts.ofLookups().stream())
          .toList();

  @TempDir Path stateDir;

  // ------------------------------------------------------------------ the job

  private static Job job(String name, String left, String right, String out) {
    Job job = Job.named(name);
    DataStream<Row> lefts = source(job, left);
    DataStream<Row> rights = source(job, right);
    for (JoinBounds bounds : BOUNDS) {
      for (JoinKind kind : JoinKind.values()) {
        join(lefts, rights, bounds, kind, out);
      }
    }
    lookUp(lefts, rights, out);
    return job;
  }

  private static DataStream<Row> source(Job job, String topic) {
    return job.source(
            KafkaSource.strings(topic)
                .eventTime(text -> Instant.ofEpochMilli(EPOCH_MS + Row.parsed(text).timeMs()))
                .watermarks(
                    Watermarks.boundedOutOfOrderness(Duration.ofMillis(BOUND_MS))
                        .maxFuture(Duration.ofMinutes(10))
                        .idleness(Duration.ofHours(1))))
        .map(Row::parsed);
  }

  private static DataStream<Row> of(Family family, DataStream<Row> all) {
    return all.filter(row -> row.family() == family);
  }

  private static FailingPairs function(String join) {
    return FUNCTIONS.computeIfAbsent(
        join, any -> new FailingPairs(join.startsWith("temporal") ? "null" : "-"));
  }

  private static void join(
      DataStream<Row> lefts, DataStream<Row> rights, JoinBounds bounds, JoinKind kind, String out) {
    Family family = Family.of(bounds);
    String name = family.join(kind);
    OutputTag<Late<Row>> lateLeft = Late.tag("left", Row.class);
    OutputTag<Late<Row>> lateRight = Late.tag("right", Row.class);
    KeyedStreamJoin<String, Row, Row> keyed =
        of(family, lefts)
            .join(of(family, rights))
            .on(Row::place, Row::place)
            .parallelism(PARTITIONS);
    BoundedStreamJoin<Row, Row> join =
        (family == Family.AFTER
                ? keyed.within(Duration.ZERO, Duration.ofMillis(10))
                : keyed.within(Windows.tumbling(Duration.ofMillis(10))))
            .lateTo(lateLeft, lateRight);
    JoinFunction<@Nullable Row, @Nullable Row, String> function =
        (left, right) -> {
          String place = (left == null ? right : left).place();
          String text =
              function(name)
                  .joined(
                      place,
                      left == null ? null : left.value(),
                      right == null ? null : right.value());
          return result(name, place, text);
        };
    DataStream<String> results =
        switch (kind) {
          case INNER -> join.inner(function);
          case LEFT -> join.left(function);
          case RIGHT -> join.right(function);
          case OUTER -> join.outer(function);
        };
    write(name, results, out, List.of(lateLeft, lateRight));
  }

  private static void lookUp(DataStream<Row> lefts, DataStream<Row> rights, String out) {
    Table<String, String> table =
        of(Family.TEMPORAL, rights)
            .toTable(
                Row::place,
                row ->
                    TemporalCases.ROW.apply(
                        ROWS.joined(row.place(), Collections.singletonList(row.value()))));
    for (JoinKind kind : TemporalCases.KINDS) {
      String name = Family.TEMPORAL.join(kind);
      OutputTag<Late<Row>> late = Late.tag("late", Row.class);
      TemporalJoin<Row, String> join =
          of(Family.TEMPORAL, lefts)
              .join(table)
              .on(Row::place)
              .parallelism(PARTITIONS)
              .asOfEventTime()
              .lateTo(late);
      JoinFunction<Row, @Nullable String, String> function =
          (row, other) ->
              result(name, row.place(), function(name).joined(row.place(), row.value(), other));
      write(
          name,
          kind == JoinKind.LEFT ? join.left(function) : join.inner(function),
          out,
          List.of(late));
    }
  }

  private static void write(
      String name, DataStream<String> results, String out, List<OutputTag<Late<Row>>> tags) {
    results.name(name).to(sink(out));
    for (OutputTag<Late<Row>> tag : tags) {
      results
          .sideOutput(tag)
          .map(
              late ->
                  result(
                      name,
                      late.value().place(),
                      tag.name() + " " + late.value().value() + "\t" + late.reason()))
          .to(sink(out));
    }
  }

  private static String result(String join, String place, String text) {
    return join + "\t" + place + "\t" + text;
  }

  private static KafkaSink<String> sink(String out) {
    return KafkaSink.<String>strings(out).key(text -> text.split("\t")[1]);
  }

  // ------------------------------------------------------------------ the run

  /** What has come out, or should: results have the watermarks between them. */
  private record Results(KeyedLists results, KeyedLists late, KeyedLists letters) {
    Results() {
      this(new KeyedLists(), new KeyedLists(), new KeyedLists());
    }
  }

  @Test
  void resultsAreThoseOfTheTables(TestBroker broker) {
    String left = broker.createTopic(broker.uniqueName("left"), PARTITIONS);
    String right = broker.createTopic(broker.uniqueName("right"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("joined"), PARTITIONS);
    String errors = broker.createTopic(broker.uniqueName("errors"), 1);
    String name = broker.uniqueName("cases");
    Map<String, String> settings = SteppedJob.withDeadLetters(errors);
    TimedScripts scripts = new TimedScripts(SCRIPTS, FAR_MS);
    Results found = new Results();
    Results expected = expected();
    try (SteppedJob stepped =
        new SteppedJob(
            broker, job(name, left, right, out), name, stateDir, settings, List.of(out, errors))) {
      int number = 0;
      for (Moment moment : scripts.moments()) {
        send(broker, left, moment.lefts, moment.watermarkMs, number++);
        send(broker, right, moment.rights, moment.watermarkMs, number++);
        if (moment.watermarkMs != null) {
          stepped.awaitWatermark(Instant.ofEpochMilli(EPOCH_MS + moment.watermarkMs));
        }
        stepped.awaitTaken();
        moment.notes.forEach((script, note) -> note(found, script, note));
        for (ConsumerRecord<byte[], byte[]> record : stepped.more()) {
          if (record.topic().equals(errors)) {
            DeadLetters.Letter letter = DeadLetters.parsed(record);
            found.letters.add(letter.join(), letter.place(), letter.rows());
          } else {
            take(record, found, scripts);
          }
        }
      }
      assertThat(found.results.differences(expected.results)).isEmpty();
      assertThat(found.late.differences(expected.late)).as("late").isEmpty();
      assertThat(found.letters.differences(expected.letters)).as("letters").isEmpty();
      stepped.untilStatus("late ones are counted", TimedCasesOnBrokerTest::countsLateOnes);
    }
  }

  /** Sends records, or moves time with a record to each partition. */
  private static void send(
      TestBroker broker, String topic, List<Row> rows, @Nullable Long watermarkMs, int number) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Row row : rows) {
      records.add(record(topic, (row.number() + number) % PARTITIONS, row));
    }
    for (int partition = 0; watermarkMs != null && partition < PARTITIONS; partition++) {
      records.add(
          record(topic, partition, new Row(Family.TICK, 0, "t", "t", watermarkMs + BOUND_MS)));
    }
    broker.produce(topic, records);
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int partition, Row row) {
    return new ProducerRecord<>(
        topic, partition, null, row.text().getBytes(StandardCharsets.UTF_8));
  }

  private static void note(Results found, Script script, String note) {
    for (JoinKind kind : TimedScripts.kinds(script.family())) {
      for (String place : script.places()) {
        found.results.add(script.family().join(kind), place, note);
      }
    }
  }

  private static void take(
      ConsumerRecord<byte[], byte[]> record, Results found, TimedScripts scripts) {
    String[] parts = new String(record.value(), StandardCharsets.UTF_8).split("\t");
    String[] place = parts[1].split("/");
    long baseMs = scripts.baseMs(Family.valueOf(place[0]), Integer.parseInt(place[1]));
    long timeMs = record.timestamp() - EPOCH_MS - baseMs;
    timeMs -= timeMs >= FAR_MS ? FAR_MS : 0;
    if (parts.length == 3) {
      found.results.add(parts[0], parts[1], parts[2] + "@" + timeMs);
    } else {
      found.late.add(parts[0], parts[1], parts[2] + "@" + timeMs + " " + parts[3]);
    }
  }

  // ------------------------------------------------------------------ what should come out

  private static Results expected() {
    Results expected = new Results();
    for (Script script : SCRIPTS) {
      for (JoinKind kind : TimedScripts.kinds(script.family())) {
        String join = script.family().join(kind);
        for (String one : TimedScripts.expected(script, kind)) {
          if (one.startsWith("W ") || one.equals(TimedScripts.END)) {
            script.places().forEach(place -> expected.results.add(join, place, one));
          } else {
            expected.results.add(join, script.placeOf(one), one);
          }
        }
        for (String one : TimedScripts.lateOnes(script)) {
          if (one.contains("@")) {
            String place = script.placeOf(one.substring(one.indexOf(' ') + 1));
            expected.late.add(join, place, one);
          }
        }
        for (String one : TimedScripts.failures(script, kind)) {
          expected.letters.add(join, script.placeOf(one + "@"), one);
        }
      }
    }
    return expected;
  }

  private static boolean countsLateOnes(JobStatus status) {
    return count(status, StageCounters::lateRecords) == sum("counted ")
        && count(status, StageCounters::partlyLateRecords) == sum("partly ");
  }

  private static long count(JobStatus status, ToLongFunction<StageCounters> counter) {
    return status.stages().stream().map(JobStatus.Stage::counters).mapToLong(counter).sum();
  }

  private static long sum(String counted) {
    long sum = 0;
    for (Script script : SCRIPTS) {
      for (String one : TimedScripts.lateOnes(script)) {
        if (one.startsWith(counted)) {
          sum +=
              Long.parseLong(one.substring(counted.length()))
                  * TimedScripts.kinds(script.family()).size();
        }
      }
    }
    return sum;
  }

  /** {@return how many cases run here} */
  static int count() {
    return SCRIPTS.stream().mapToInt(each -> TimedScripts.kinds(each.family()).size()).sum();
  }

  /** {@return how many of them are of joins of streams} */
  static int countOfStreams() {
    return TimedScripts.ofJoins(BOUNDS).size() * JoinKind.values().length;
  }
}
