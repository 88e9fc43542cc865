package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.GroupedTable;
import dev.millrace.Job;
import dev.millrace.KeyedStream;
import dev.millrace.SinkStep;
import dev.millrace.Table;
import dev.millrace.aggregate.RetractableAggregation;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.RecordException;
import dev.millrace.serde.TypeRef;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Functions of aggregates that return null: they have failed. Taken for an accumulator, null would
 * be a key that begins anew, without the records that were in it.
 */
final class NullResultsTest {

  private static final Instant START = Instant.parse("2030-01-01T00:00:00Z");

  /** The ways of a function's result. */
  private enum Way {
    COMBINED(keyed -> lines(keyed.reduce(NullResultsTest::sum))),
    SEQUENTIAL(keyed -> lines(keyed.reduce(NullResultsTest::sum).sequential())),
    GROUPED(keyed -> lines(groups(keyed).reduce(NullResultsTest::sum, (all, one) -> all - one))),
    SUBTRACTED(keyed -> lines(groups(keyed).reduce(Long::sum, (all, one) -> missing()))),
    ADDED(keyed -> lines(keyed.aggregate(new Sum(Method.ADD)))),
    MERGED(keyed -> lines(keyed.aggregate(new Sum(Method.MERGE)))),
    FINISHED(keyed -> lines(keyed.aggregate(new Sum(Method.FINISH)))),
    TAKEN_BACK(keyed -> lines(groups(keyed).aggregate(new Sum(Method.RETRACT)))),
    IN_WINDOWS(
        keyed ->
            keyed
                .window(Windows.tumbling(Duration.ofMinutes(1)))
                .reduce(NullResultsTest::sum)
                .map(result -> "" + result.value())
                .to(KafkaSink.strings("lines"))),
    IN_SESSIONS(
        keyed ->
            keyed
                .window(Windows.session(Duration.ofMinutes(1)))
                .reduce(NullResultsTest::sum)
                .map(result -> "" + result.value())
                .to(KafkaSink.strings("lines")));

    private final Function<KeyedStream<String, Long>, SinkStep> to;

    Way(Function<KeyedStream<String, Long>, SinkStep> to) {
      this.to = to;
    }
  }

  private static GroupedTable<String, Long> groups(KeyedStream<String, Long> keyed) {
    return keyed.latest().groupBy((key, number) -> "all");
  }

  private static SinkStep lines(Table<String, Long> table) {
    return table.changes().map(Change::toString).to(KafkaSink.strings("lines"));
  }

  /** Adds, and has nothing to say of 13. */
  private static Long sum(Long left, Long right) {
    return left + right == 13 ? missing() : Long.valueOf(left + right);
  }

  @SuppressWarnings("NullAway") // what a careless program does
  private static Long missing() {
    return null;
  }

  private enum Method {
    ADD,
    MERGE,
    RETRACT,
    FINISH
  }

  /** A sum of which one method returns null. */
  private record Sum(Method careless) implements RetractableAggregation<Long, Long, Long> {

    private static final long serialVersionUID = 1L;

    private Long unless(Method method, Long sum) {
      return careless == method ? missing() : sum;
    }

    @Override
    public Long create() {
      return 0L;
    }

    @Override
    public Long add(Long accumulator, Long value) {
      return unless(Method.ADD, accumulator + value);
    }

    @Override
    public Long retract(Long accumulator, Long value) {
      return unless(Method.RETRACT, accumulator - value);
    }

    @Override
    public Long merge(Long left, Long right) {
      return unless(Method.MERGE, left + right);
    }

    @Override
    public Long finish(Long accumulator) {
      return unless(Method.FINISH, accumulator);
    }

    @Override
    public TypeRef<Long> accumulatorType() {
      return TypeRef.of(Long.class);
    }

    @Override
    public TypeRef<Long> resultType() {
      return TypeRef.of(Long.class);
    }
  }

  private static KeyedStream<String, Long> numbers(Job job) {
    return job.source(
            KafkaSource.json("numbers", Long.class)
                .eventTime(number -> START)
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofMinutes(1))))
        .keyBy(number -> number % 2 == 0 ? "even" : "odd")
        .parallelism(1);
  }

  private static void send(JobTest test, long... numbers) {
    for (long number : numbers) {
      test.topic("numbers", Long.class).send(number);
      test.run();
    }
  }

  @ParameterizedTest
  @EnumSource
  void nullStopsTheJob(Way way) {
    Job job = Job.named("careless");
    SinkStep ignored = way.to.apply(numbers(job));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      assertThatThrownBy(() -> send(test, 1, 5, 7, 6))
          .isInstanceOf(RecordException.class)
          .hasStackTraceContaining("returned null");
    }
  }

  @Test
  void aRecordThatIsDroppedForItLeavesTheOthersWhereTheyAre() {
    Job job = Job.named("careless");
    SinkStep ignored = lines(numbers(job).reduce(NullResultsTest::sum).onError(ErrorPolicy.skip()));
    try (JobTest test = JobTest.builder(job).startAt(START).build()) {
      send(test, 1, 5, 7, 3);
      assertThat(test.metrics().stages().values().stream().mapToLong(s -> s.skippedRecords()).sum())
          .isEqualTo(1);
      assertThat(test.output("lines", String.class)).last().asString().contains("value=9");
    }
  }
}
