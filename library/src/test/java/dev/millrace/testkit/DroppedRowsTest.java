package dev.millrace.testkit;

import static dev.millrace.testkit.TableChains.GONE;
import static dev.millrace.testkit.TableChains.POISON_OF_AGGREGATE;
import static dev.millrace.testkit.TableChains.POISON_OF_FILTER;
import static dev.millrace.testkit.TableChains.POISON_OF_GROUP;
import static dev.millrace.testkit.TableChains.POISON_OF_MAP;
import static dev.millrace.testkit.TableChains.check;
import static dev.millrace.testkit.TableChains.job;
import static dev.millrace.testkit.TableChains.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Table;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.testkit.TableChains.Chain;
import dev.millrace.testkit.TableChains.Feed;
import dev.millrace.testkit.TableChains.Row;
import dev.millrace.testkit.TableChains.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of tables on which a step or an aggregate fails, under each error policy. */
final class DroppedRowsTest {

  /** What a row comes to that a step fails on: it is in no group, also when it changes or goes. */
  @ParameterizedTest
  @EnumSource
  void rowsThatAreDroppedAreNotInTheResult(Chain chain) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    for (ErrorPolicy policy :
        List.of(
            ErrorPolicy.skip(),
            ErrorPolicy.deadLetter(),
            ErrorPolicy.skip().retries(1, Duration.ofMillis(1)))) {
      for (boolean ofTheJob : new boolean[] {true, false}) {
        Settings settings = new Settings(2, 2, false, ofTheJob ? null : policy);
        String said = chain + ", " + policy + ", " + settings + ", seed " + seed;
        JobTestBuilder builder = JobTest.builder(job(chain, settings)).seed(seed);
        if (ofTheJob) {
          builder
              .set(
                  "errors.policy",
                  policy.action().name().toLowerCase(Locale.ROOT).replace('_', '-'))
              .set("errors.retries", Integer.toString(policy.retries()));
        }
        try (JobTest test = builder.build()) {
          Feed feed =
              new Feed(
                  test,
                  settings,
                  seed,
                  POISON_OF_AGGREGATE,
                  POISON_OF_MAP,
                  POISON_OF_FILTER,
                  POISON_OF_GROUP);
          for (int batch = 0; batch < 4; batch++) {
            feed.send(20);
            test.run();
            check(test, chain.naive(feed.rows), said);
          }
        }
      }
    }
  }

  @Test
  void aRowThatFailsStopsTheJobByDefault() {
    try (JobTest test = JobTest.of(job(Chain.FILTER_MAP_SUM, new Settings(1, 1, false, null)))) {
      test.topic("in", Row.class).partitions(1).send(new Row("a", "g", POISON_OF_MAP));
      assertThatThrownBy(test::run)
          .isInstanceOf(RecordException.class)
          .hasMessageContaining("result TableRow[key=a")
          .hasMessageContaining("amount -7");
    }
  }

  /** Calls that have failed once already. */
  private static final Set<String> FAILED = new HashSet<>();

  private static <X> X thoughItFailsOnce(String call, Row row, X value) {
    if (FAILED.add(call + row)) {
      throw new IllegalStateException(call + " of " + row + ", for once");
    }
    return value;
  }

  /** Changes its accumulator, and then fails on each row for once. */
  private static final class Sums implements RetractableAggregation<Row, Map<String, Long>, Long> {

    private static final long serialVersionUID = 1L;

    @Override
    public Map<String, Long> create() {
      return new TreeMap<>();
    }

    @Override
    public Map<String, Long> add(Map<String, Long> accumulator, Row row) {
      accumulator.merge("sum", row.amount(), Long::sum);
      return thoughItFailsOnce("add", row, accumulator);
    }

    @Override
    public Map<String, Long> retract(Map<String, Long> accumulator, Row row) {
      accumulator.merge("sum", -row.amount(), Long::sum);
      return thoughItFailsOnce("retract", row, accumulator);
    }

    @Override
    public Map<String, Long> merge(Map<String, Long> left, Map<String, Long> right) {
      right.forEach((name, sum) -> left.merge(name, sum, Long::sum));
      return left;
    }

    @Override
    public Long finish(Map<String, Long> accumulator) {
      return accumulator.getOrDefault("sum", 0L);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatFailsForOnceIsDoneAgain(boolean combined) {
    ErrorPolicy policy = ErrorPolicy.skip().retries(1, Duration.ofMillis(1));
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    FAILED.clear();
    Job job = Job.named("job");
    Table<String, Long> sums =
        job.source(KafkaSource.json("in", Row.class))
            .toTable(Row::id, row -> row.amount() == GONE ? null : row)
            .filter((id, row) -> thoughItFailsOnce("filter", row, row.amount() > 1))
            .map((id, row) -> thoughItFailsOnce("map", row, row))
            .groupBy((id, row) -> thoughItFailsOnce("group", row, row.group()))
            .aggregate(new Sums());
    (combined ? sums : sums.onError(policy)).to(KafkaSink.upsert("sums"));
    JobTestBuilder builder =
        JobTest.builder(job)
            .seed(seed)
            .set("errors.policy", "skip")
            .set("errors.retries", "1")
            .set("errors.retry.backoff", "1ms");
    try (JobTest test = builder.build()) {
      Feed feed = new Feed(test, new Settings(2, 4, false, null), seed);
      for (int batch = 0; batch < 4; batch++) {
        feed.send(20);
        test.run();
      }
      Map<String, Long> expected =
          feed.rows.values().stream()
              .filter(row -> row.amount() > 1)
              .collect(Collectors.groupingBy(Row::group, Collectors.summingLong(Row::amount)));
      assertThat(test.table("sums", Long.class)).as("seed %d", seed).isEqualTo(expected);
      for (String stage : test.stages()) {
        assertThat(test.metrics().stage(stage).skippedRecords()).as(stage).isZero();
        assertThat(test.metrics().stage(stage).unmatchedRetractions()).as(stage).isZero();
      }
      assertThat(FAILED).anyMatch(call -> call.startsWith("retract"));
    }
  }

  @Test
  void aRowThatIsDroppedIsADeadLetterWithItsKey() {
    Job job = job(Chain.FILTER_MAP_SUM, new Settings(1, 1, false, ErrorPolicy.deadLetter()));
    try (JobTest test = JobTest.of(job)) {
      test.topic("in", Row.class).partitions(1).send(new Row("a", "g", POISON_OF_MAP));
      test.run();
      assertThat(test.deadLetters())
          .singleElement()
          .satisfies(
              letter -> {
                assertThat(letter.operator()).isEqualTo("rows-map");
                assertThat(new String(letter.value(), StandardCharsets.UTF_8))
                    .isEqualTo(
                        "{\"key\":\"a\",\"value\":{\"id\":\"a\",\"group\":\"g\",\"amount\":-7}}");
              });
    }
  }
}
