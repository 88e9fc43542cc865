package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Records out of order within the bound give the results of a computation over all of them at once,
 * whatever the number of partitions and instances, whatever the order of turns and the batches, and
 * whichever commit an instance dies at.
 */
final class InvarianceTest {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final int SEEDS = 4;
  private static final int BATCHES = 3;

  record Reading(String sensor, long atMs, long value) {}

  /** The windows of a key's records, as a batch computation would find them. */
  private interface Batch {
    /** {@return the spans of the windows, each with the readings in it} */
    Map<Span, List<Reading>> windows(List<Reading> ofOneKey);
  }

  private record Span(long start, long end) implements Comparable<Span> {
    @Override
    public int compareTo(Span other) {
      return start != other.start ? Long.compare(start, other.start) : Long.compare(end, other.end);
    }
  }

  /**
   * A kind of window.
   *
   * @param name how it is shown
   * @param spec what the job says
   * @param batch what that means
   */
  private record Kind(String name, WindowSpec<Object> spec, Batch batch) {}

  /** One row per kind of window. */
  private static final List<Kind> KINDS =
      List.of(
          new Kind("tumbling", Windows.tumbling(Duration.ofSeconds(20)), fixed(20_000, 20_000, 0)),
          new Kind(
              "tumbling, moved",
              Windows.tumbling(Duration.ofSeconds(20), Duration.ofSeconds(7)),
              fixed(20_000, 20_000, 7_000)),
          new Kind(
              "sliding",
              Windows.sliding(Duration.ofSeconds(60), Duration.ofSeconds(20)),
              fixed(60_000, 20_000, 0)),
          new Kind(
              "with gaps",
              Windows.hopping(Duration.ofSeconds(20), Duration.ofSeconds(30)),
              fixed(20_000, 30_000, 0)),
          new Kind("session", Windows.session(Duration.ofSeconds(5)), session(5_000)),
          new Kind(
              "cumulative",
              Windows.cumulative(Duration.ofSeconds(10), Duration.ofSeconds(30)),
              cumulative(10_000, 30_000)),
          new Kind(
              "calendar",
              Windows.calendar(CalendarUnit.DAY, ZoneOffset.UTC),
              fixed(86_400_000, 86_400_000, 0)));

  /** Windows of a size that begin at every multiple of the slide, moved by the offset. */
  private static Batch fixed(long size, long slide, long offset) {
    return readings -> {
      Map<Span, List<Reading>> windows = new TreeMap<>();
      for (Reading reading : readings) {
        long last = Math.floorDiv(reading.atMs() - offset, slide) * slide + offset;
        for (long start = last; start > reading.atMs() - size; start -= slide) {
          windows
              .computeIfAbsent(new Span(start, start + size), absent -> new ArrayList<>())
              .add(reading);
        }
      }
      return windows;
    };
  }

  /** Windows that reach to the last reading and the gap behind it; those that touch are one. */
  private static Batch session(long gap) {
    return readings -> {
      Map<Span, List<Reading>> windows = new TreeMap<>();
      List<Reading> open = new ArrayList<>();
      for (Reading reading :
          readings.stream().sorted(Comparator.comparingLong(Reading::atMs)).toList()) {
        if (!open.isEmpty() && reading.atMs() > open.get(open.size() - 1).atMs() + gap) {
          close(open, gap, windows);
        }
        open.add(reading);
      }
      close(open, gap, windows);
      return windows;
    };
  }

  private static void close(List<Reading> open, long gap, Map<Span, List<Reading>> windows) {
    long end = open.get(open.size() - 1).atMs() + gap;
    windows.put(new Span(open.get(0).atMs(), end), List.copyOf(open));
    open.clear();
  }

  /** Windows that begin together and end one step after the other. */
  private static Batch cumulative(long step, long size) {
    return readings -> {
      Map<Span, List<Reading>> windows = new TreeMap<>();
      for (Reading reading : readings) {
        long start = Math.floorDiv(reading.atMs(), size) * size;
        for (long end = start + step; end <= start + size; end += step) {
          if (reading.atMs() < end) {
            windows.computeIfAbsent(new Span(start, end), absent -> new ArrayList<>()).add(reading);
          }
        }
      }
      return windows;
    };
  }

  /**
   * A way to run the job.
   *
   * @param partitions of the input
   * @param tasks of the windows' stage
   */
  private record Setting(int partitions, int tasks, int instances, long seed) {}

  @TestFactory
  Stream<DynamicTest> theResultIsThatOfABatchHoweverTheJobRuns() {
    return KINDS.stream()
        .map(
            kind ->
                DynamicTest.dynamicTest(
                    kind.name(),
                    () -> {
                      for (int seed = 1; seed <= SEEDS; seed++) {
                        for (Setting setting :
                            List.of(
                                new Setting(1, 1, 1, 0),
                                new Setting(3, 4, 1, seed),
                                new Setting(2, 3, 2, seed),
                                new Setting(5, 2, 3, seed))) {
                          check(kind, seed, setting, -1, CommitFailure.ABORTED);
                        }
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> aDeathAtAnyCommitChangesNothing() {
    return KINDS.stream()
        .flatMap(
            kind ->
                Arrays.stream(CommitFailure.values())
                    .map(
                        failure ->
                            DynamicTest.dynamicTest(
                                kind.name() + ", " + failure,
                                () -> {
                                  Setting setting = new Setting(2, 2, 2, 7);
                                  int commits = check(kind, 7, setting, -1, failure);
                                  assertThat(commits).isGreaterThan(8);
                                  for (int at = 0; at < commits; at++) {
                                    check(kind, 7, setting, at, failure);
                                  }
                                })));
  }

  /** Every position after a marker is of another leader's epoch than the record before it. */
  @TestFactory
  Stream<DynamicTest> aLeaderChangeAtEveryCommitChangesNothing() {
    return KINDS.stream()
        .map(
            kind ->
                DynamicTest.dynamicTest(
                    kind.name(),
                    () -> {
                      Setting setting = new Setting(2, 2, 2, 7);
                      for (int at = 0; at < 24; at += 3) {
                        check(kind, 7, setting, at, CommitFailure.KILLED_AFTER, Elections.ALWAYS);
                      }
                    }));
  }

  private static int check(
      Kind kind, long seed, Setting setting, int failingCommit, CommitFailure failure) {
    return check(kind, seed, setting, failingCommit, failure, Elections.AS_SEEDED);
  }

  /** Runs the job and compares; returns how many commits that took. */
  private static int check(
      Kind kind,
      long seed,
      Setting setting,
      int failingCommit,
      CommitFailure failure,
      Elections elections) {
    List<Reading> readings = readings(new Random(seed));
    try (JobTest test =
        JobTest.builder(job(kind, setting))
            .instances(setting.instances())
            .seed(setting.seed())
            .startAt(START)
            .build()) {
      if (elections == Elections.ALWAYS) {
        test.kafka().injectFaults(LeaderChangeTest.electionsAtAllMarkers());
      }
      if (failingCommit >= 0) {
        LocalState state = failingCommit % 2 == 0 ? LocalState.LOST : LocalState.KEPT;
        test.failCommit(failingCommit, failure, state);
      }
      TestTopic<Reading> topic =
          test.topic("readings", Reading.class).partitions(setting.partitions());
      int batch = readings.size() / BATCHES + 1;
      for (int i = 0; i < readings.size(); i++) {
        topic.send(i % setting.partitions(), readings.get(i));
        if (i % batch == batch - 1) {
          test.run();
        }
      }
      test.endInput();
      assertThat(test.output("results", String.class))
          .as(
              "%s windows, seed %d, %s, %s at commit %d",
              kind.name(), seed, setting, failure, failingCommit)
          .containsExactlyInAnyOrderElementsOf(expected(kind, readings));
      assertThat(test.kafka().reportedTruncations()).isZero();
      return test.commits();
    }
  }

  /** How often leaders change between the records of a transaction and its marker. */
  private enum Elections {
    AS_SEEDED,
    ALWAYS
  }

  private static Job job(Kind kind, Setting setting) {
    Job job = Job.named("invariance");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(reading -> Instant.ofEpochMilli(reading.atMs()))
                .watermarks(Watermarks.boundedOutOfOrderness(BOUND)))
        .keyBy(Reading::sensor)
        .parallelism(setting.tasks())
        .window(kind.spec())
        .sum(Reading::value)
        .map(
            result ->
                line(
                    result.key(),
                    result.window().start().toEpochMilli(),
                    result.window().end().toEpochMilli(),
                    result.value()))
        .to(KafkaSink.strings("results"));
    return job;
  }

  private static String line(String key, long start, long end, long sum) {
    return key + " [" + start + ", " + end + ") " + sum;
  }

  /** Time goes on by fits and starts, and each record is up to the bound behind it. */
  private static List<Reading> readings(Random random) {
    List<Reading> readings = new ArrayList<>();
    long time = START.toEpochMilli() - Duration.ofMinutes(5).toMillis();
    for (int i = 0; i < 120; i++) {
      time += random.nextInt(10) == 0 ? random.nextInt(25_000) : random.nextInt(1_500);
      readings.add(
          new Reading(
              "s" + random.nextInt(6),
              time - random.nextInt((int) BOUND.toMillis()),
              1 + random.nextInt(9)));
    }
    return readings;
  }

  private static List<String> expected(Kind kind, List<Reading> readings) {
    Map<String, List<Reading>> perKey = new TreeMap<>();
    for (Reading reading : readings) {
      perKey.computeIfAbsent(reading.sensor(), absent -> new ArrayList<>()).add(reading);
    }
    List<String> lines = new ArrayList<>();
    perKey.forEach(
        (key, ofKey) ->
            kind.batch()
                .windows(ofKey)
                .forEach(
                    (span, inIt) ->
                        lines.add(
                            line(
                                key,
                                span.start(),
                                span.end(),
                                inIt.stream().mapToLong(Reading::value).sum()))));
    return lines;
  }
}
