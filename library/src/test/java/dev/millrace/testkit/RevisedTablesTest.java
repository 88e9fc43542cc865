package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Emission;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Results of windows that are revised, in groups: what was grouped is taken back. */
final class RevisedTablesTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");
  private static final Duration LATENESS = Duration.ofHours(2);
  private static final long GAP_SECONDS = 10;

  record Reading(String sensor, long second) {}

  /** Windows and the numbers of readings that theirs come to. */
  private enum Kind {
    TUMBLING(Windows.tumbling(Duration.ofSeconds(20)), Kind::perTwentySeconds),
    /** Late readings join sessions, whose rows are deleted then. */
    SESSIONS(Windows.session(Duration.ofSeconds(GAP_SECONDS)), Kind::perSession);

    private final WindowSpec<Object> window;
    private final Function<List<Long>, List<Long>> counts;

    Kind(WindowSpec<Object> window, Function<List<Long>, List<Long>> counts) {
      this.window = window;
      this.counts = counts;
    }

    private static List<Long> perTwentySeconds(List<Long> seconds) {
      return List.copyOf(
          seconds.stream()
              .collect(Collectors.groupingBy(second -> second / 20, Collectors.counting()))
              .values());
    }

    private static List<Long> perSession(List<Long> seconds) {
      List<Long> counts = new ArrayList<>();
      long last = Long.MIN_VALUE / 2;
      for (long second : seconds.stream().sorted().toList()) {
        if (second > last + GAP_SECONDS) {
          counts.add(0L);
        }
        counts.set(counts.size() - 1, counts.get(counts.size() - 1) + 1);
        last = second;
      }
      return counts;
    }
  }

  private static Job job(Kind kind, Emission emission) {
    Job job = Job.named("job");
    Table<Windowed<String>, Long> counts =
        job.source(
                KafkaSource.json("readings", Reading.class)
                    .eventTime(reading -> START.plusSeconds(reading.second()))
                    .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(5))))
            .keyBy(Reading::sensor)
            .parallelism(2)
            .window(kind.window)
            .allowedLateness(LATENESS)
            .emit(emission)
            .count();
    counts
        .groupBy(Long.class, (window, count) -> count)
        .count()
        .name("windows-per-count")
        .to(KafkaSink.upsert("windows"));
    counts
        .filter((window, count) -> count % 2 == 0)
        .groupBy(String.class, (window, count) -> window.key())
        .sum(count -> count)
        .to(KafkaSink.upsert("even"));
    return job;
  }

  @ParameterizedTest
  @EnumSource
  void theGroupsAreThoseOfTheFinalWindows(Kind kind) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (Emission emission : List.of(Emission.onClose(), Emission.onUpdate())) {
      Random random = new Random(seed);
      String said = kind + ", " + emission + ", seed " + seed;
      Map<String, List<Long>> seconds = new TreeMap<>();
      try (JobTest test = JobTest.builder(job(kind, emission)).seed(seed).build()) {
        TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
        for (int batch = 0; batch < 8; batch++) {
          for (int i = 0; i < 15; i++) {
            String sensor = "s" + random.nextInt(3);
            // Half of them are late, and correct what was emitted.
            long second = random.nextInt(2) * batch * 60L + random.nextInt(90);
            seconds.computeIfAbsent(sensor, none -> new ArrayList<>()).add(second);
            readings.send(random.nextInt(2), new Reading(sensor, second));
          }
          if (random.nextInt(3) == 0) {
            test.failCommit(test.commits() + random.nextInt(6), CommitFailure.KILLED_BEFORE);
          }
          test.run();
        }
        test.endInput();
        Map<String, Long> perCount = new TreeMap<>();
        Map<String, Long> even = new TreeMap<>();
        seconds.forEach(
            (sensor, times) ->
                kind.counts
                    .apply(times)
                    .forEach(
                        count -> {
                          perCount.merge(count.toString(), 1L, Long::sum);
                          if (count % 2 == 0) {
                            even.merge(sensor, count, Long::sum);
                          }
                        }));
        assertThat(test.table("windows", Long.class)).as(said).isEqualTo(perCount);
        assertThat(test.table("even", Long.class)).as(said).isEqualTo(even);
        assertThat(test.lateRecords()).as(said).isZero();
        for (String stage : test.stages()) {
          assertThat(test.metrics().stage(stage).unmatchedRetractions()).as(said).isZero();
        }
      }
    }
  }

  /**
   * Two sessions are deleted, and the one that they have become is inserted, in one transaction.
   */
  @Test
  void sessionsThatMergeLeaveTheirGroups() {
    try (JobTest test = JobTest.of(job(Kind.SESSIONS, Emission.onClose()))) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      readings.send(0, new Reading("s", 0), new Reading("s", 15), new Reading("s", 100));
      test.run();
      assertThat(test.table("windows", Long.class)).isEqualTo(Map.of("1", 2L));
      readings.send(0, new Reading("s", 8));
      test.run();
      assertThat(test.table("windows", Long.class)).isEqualTo(Map.of("3", 1L));
      assertThat(test.stateRows("windows-per-count")).isEqualTo(1);
    }
  }
}
