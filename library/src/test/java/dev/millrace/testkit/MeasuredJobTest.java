package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.stage.Measure;
import dev.millrace.metrics.HistogramSample;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.Metric;
import dev.millrace.metrics.MetricSample;
import dev.millrace.pattern.Overflow;
import dev.millrace.pattern.Pattern;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a job measures, against what is known of it. */
final class MeasuredJobTest {

  record Word(String word, long count) {}

  record Reading(String sensor, Instant at, long value) {}

  private static final Instant NOON = Instant.parse("2030-06-01T12:00:00Z");
  private static final int WORDS = 30;
  private static final int DISTINCT = 5;

  private static Job counts() {
    Job job = Job.named("counts");
    job.source(KafkaSource.json("words", Word.class))
        .keyBy(Word::word)
        .sum(Word::count)
        .to(KafkaSink.upsert("sums"));
    return job;
  }

  private static Job windows() {
    Job job = Job.named("windows");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(Reading::at)
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10))))
        .keyBy(Reading::sensor)
        .window(Windows.tumbling(Duration.ofMinutes(1)))
        .sum(Reading::value)
        .map(r -> r.key() + " " + r.value())
        .to(KafkaSink.strings("sums"));
    return job;
  }

  private static TestTopic<Word> words(JobTest test) {
    return test.topic("words", Word.class).partitions(2);
  }

  private static void send(TestTopic<Word> words, Instant at) {
    for (int i = 0; i < WORDS; i++) {
      words.sendAt(i % 2, at, new Word("w" + i % DISTINCT, 1));
    }
  }

  private static Stream<MetricSample> samples(JobMetrics metrics, Measure measure) {
    return metrics.samples().stream().filter(each -> each.metric().equals(measure.metric()));
  }

  private static double total(JobMetrics metrics, Measure measure, String stage) {
    List<MetricSample> all =
        samples(metrics, measure).filter(each -> each.label("stage").equals(stage)).toList();
    assertThat(all).as(measure.metric().name()).isNotEmpty();
    return all.stream().mapToDouble(MetricSample::value).sum();
  }

  private static HistogramSample histogram(JobMetrics metrics, Measure measure, String stage) {
    return metrics.histograms().stream()
        .filter(each -> each.metric().equals(measure.metric()))
        .filter(each -> each.label("stage").equals(stage))
        .findFirst()
        .orElseThrow();
  }

  /** Whatever was aborted in between, committed transactions have each record once. */
  @ParameterizedTest
  @EnumSource(ProcessingGuarantee.class)
  void figuresAreRightAfterAnAbort(ProcessingGuarantee guarantee) {
    try (JobTest test = JobTest.builder(counts()).startAt(NOON).guarantee(guarantee).build()) {
      send(words(test), NOON.minusSeconds(3));
      boolean aborts = guarantee == ProcessingGuarantee.EXACTLY_ONCE;
      if (aborts) {
        test.abortNextCommit();
      }
      test.run();
      JobMetrics metrics = test.metrics();
      assertThat(total(metrics, Measure.ABORTS, "words")).isEqualTo(aborts ? 1 : 0);

      double read = total(metrics, Measure.RECORDS_IN, "words");
      assertThat(read).isGreaterThan(aborts ? WORDS : WORDS - 1).isLessThanOrEqualTo(2 * WORDS);
      HistogramSample records = histogram(metrics, Measure.TRANSACTION_RECORDS, "words");
      assertThat(records.sum()).isEqualTo(WORDS);
      assertThat(records.count()).isEqualTo((long) total(metrics, Measure.COMMITS, "words"));
      HistogramSample later = histogram(metrics, Measure.TRANSACTION_RECORDS, "words-sum");
      assertThat(later.sum()).isEqualTo(total(metrics, Measure.RECORDS_IN, "words-sum"));

      assertThat(total(metrics, Measure.COMBINER_RECORDS, "words")).isEqualTo(read);
      assertThat(total(metrics, Measure.COMBINER_ENTRIES, "words"))
          .isEqualTo(total(metrics, Measure.RECORDS_OUT, "words"))
          .isGreaterThanOrEqualTo(total(metrics, Measure.RECORDS_IN, "words-sum"))
          .isBetween((double) DISTINCT, read);

      HistogramSample bytes = histogram(metrics, Measure.TRANSACTION_BYTES, "words");
      assertThat(bytes.sum()).isPositive().isEqualTo(total(metrics, Measure.SENT_BYTES, "words"));
      HistogramSample durations = histogram(metrics, Measure.COMMIT_DURATION, "words");
      assertThat(durations.count()).isEqualTo(records.count());
    }
  }

  @Test
  void latencyIsFromTheTimestampToTheCommit() {
    try (JobTest test = JobTest.builder(counts()).startAt(NOON).build()) {
      send(words(test), NOON.minusSeconds(3));
      test.run();
      HistogramSample latency = histogram(test.metrics(), Measure.RECORD_LATENCY, "words");
      assertThat(latency.count()).isPositive().isEven();
      assertThat(latency.sum()).isEqualTo(3.0 * latency.count());
      latency
          .buckets()
          .forEach(
              bucket ->
                  assertThat(bucket.count())
                      .as("at most %s s", bucket.atMost())
                      .isEqualTo(bucket.atMost() < 3 ? 0 : latency.count()));
      // A shuffle's records have the time at which the broker has taken them.
      HistogramSample later = histogram(test.metrics(), Measure.RECORD_LATENCY, "words-sum");
      assertThat(later.count()).isPositive();
      assertThat(later.sum()).isZero();
    }
  }

  @Test
  void tasksTimesAndStateAreThere() {
    try (JobTest test = JobTest.builder(windows()).startAt(NOON).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(2);
      readings.send(0, new Reading("a", NOON, 1), new Reading("a", NOON.plusSeconds(50), 1));
      readings.send(1, new Reading("b", NOON.plusSeconds(30), 2));
      test.run();
      test.advanceProcessingTime(Duration.ofSeconds(4));
      JobMetrics metrics = test.metrics();
      String source = "readings";
      String sums = test.stages().get(1);
      assertThat(total(metrics, Measure.RUNNING_TASKS, source)).isEqualTo(2);
      assertThat(total(metrics, Measure.OPENING_TASKS, source)).isZero();
      for (int task = 0; task < 2; task++) {
        String number = String.valueOf(task);
        Instant watermark = test.watermark(source, task).orElseThrow();
        double seconds = watermark.toEpochMilli() / 1_000.0;
        assertThat(of(metrics, Measure.WATERMARK, source, number)).isEqualTo(seconds);
        assertThat(of(metrics, Measure.WATERMARK_LAG, source, number))
            .isEqualTo(test.now().toEpochMilli() / 1_000.0 - seconds);
        assertThat(of(metrics, Measure.WATERMARK_AGE, source, number)).isBetween(0.0, 5.0);
      }
      assertThat(samples(metrics, Measure.WATERMARK_AGE))
          .as("only a source makes watermarks")
          .allMatch(each -> each.label("stage").equals(source));
      List<MetricSample> lags = samples(metrics, Measure.INPUT_LAG).toList();
      assertThat(lags).filteredOn(each -> each.label("topic").equals("readings")).hasSize(2);
      assertThat(lags)
          .filteredOn(each -> each.label("stage").equals(sums))
          .isNotEmpty()
          .allMatch(each -> each.label("topic").endsWith(".shuffle"));
      assertThat(lags).allMatch(each -> each.value() == 0);
      assertThat(total(metrics, Measure.STATE_CACHED_BYTES, source)).isZero();
      assertThat(total(metrics, Measure.STATE_CACHED_BYTES, sums)).isPositive();
      assertThat(samples(metrics, Measure.LAST_COMMIT))
          .anyMatch(each -> each.value() >= NOON.getEpochSecond());
    }
  }

  private static double of(JobMetrics metrics, Measure measure, String stage, String task) {
    return samples(metrics, measure)
        .filter(each -> each.label("stage").equals(stage) && each.label("task").equals(task))
        .findFirst()
        .orElseThrow()
        .value();
  }

  /** Time passes between turns only, so that it is all idle or all work, but none of it is lost. */
  @Test
  void theTimeOfWorkersAddsUp() {
    try (JobTest test = JobTest.builder(counts()).startAt(NOON).build()) {
      send(words(test), NOON);
      test.run();
      test.advanceProcessingTime(Duration.ofMinutes(2));
      JobMetrics metrics = test.metrics();
      List<String> workers =
          samples(metrics, Measure.BUSY_TIME)
              .map(each -> each.label("stage") + each.label("worker"))
              .toList();
      assertThat(workers).isNotEmpty().doesNotHaveDuplicates();
      double all =
          Stream.of(Measure.BUSY_TIME, Measure.IDLE_TIME, Measure.COMMIT_TIME)
              .flatMap(measure -> samples(metrics, measure))
              .mapToDouble(MetricSample::value)
              .sum();
      assertThat(all).isEqualTo(120.0 * workers.size());
    }
  }

  @Test
  void restoredStateHasItsRows() {
    try (JobTest test = JobTest.builder(counts()).startAt(NOON).build()) {
      TestTopic<Word> words = words(test);
      send(words, NOON);
      test.run();
      test.restart(LocalState.LOST);
      send(words, NOON);
      test.run();
      JobMetrics metrics = test.metrics();
      assertThat(total(metrics, Measure.STATE_ROWS, "words-sum")).isGreaterThanOrEqualTo(DISTINCT);
      assertThat(total(metrics, Measure.RESTORED_RECORDS, "words-sum"))
          .isGreaterThanOrEqualTo(DISTINCT);
      assertThat(total(metrics, Measure.RESTORE_REMAINING, "words-sum")).isZero();
    }
  }

  @Test
  void operatorsCountWhatTheyTakeAndHandOn() {
    Job job = Job.named("words");
    DataStream<Word> words = job.source(KafkaSource.json("words", Word.class));
    words
        .flatMap(
            Word.class,
            (word, out) -> {
              out.emit(word);
              out.emit(word);
            })
        .name("twice")
        .filter(word -> !word.word().equals("w0"))
        .name("others")
        .keyBy(Word::word)
        .sum(Word::count)
        .name("sums")
        .to(KafkaSink.upsert("sums"));
    try (JobTest test = JobTest.builder(job).startAt(NOON).build()) {
      send(words(test), NOON);
      test.run();
      JobMetrics metrics = test.metrics();
      int others = WORDS * (DISTINCT - 1) / DISTINCT;
      assertThat(in(metrics, "twice")).isEqualTo(WORDS);
      assertThat(out(metrics, "twice")).isEqualTo(2 * WORDS);
      assertThat(in(metrics, "others")).isEqualTo(2 * WORDS);
      assertThat(out(metrics, "others")).isEqualTo(2 * others);
      assertThat(in(metrics, "sums"))
          .isEqualTo(total(metrics, Measure.RECORDS_IN, test.stages().get(1)))
          .isPositive();
      assertThat(out(metrics, "sums")).isGreaterThanOrEqualTo(DISTINCT - 1);
      assertThat(samples(metrics, Measure.OPERATOR_RECORDS_OUT))
          .as("a sink hands nothing on")
          .noneMatch(each -> each.label("operator").contains("to"));
    }
  }

  private static double in(JobMetrics metrics, String operator) {
    return ofOperator(metrics, Measure.OPERATOR_RECORDS_IN, operator);
  }

  private static double out(JobMetrics metrics, String operator) {
    return ofOperator(metrics, Measure.OPERATOR_RECORDS_OUT, operator);
  }

  private static double ofOperator(JobMetrics metrics, Measure measure, String operator) {
    List<MetricSample> found =
        samples(metrics, measure).filter(each -> each.label("operator").equals(operator)).toList();
    assertThat(found).as("%s of %s", measure, operator).hasSize(1);
    return found.get(0).value();
  }

  /** Also after a restart, when those that were open are counted anew. */
  @ParameterizedTest
  @EnumSource(LocalState.class)
  void openWindowsAreCounted(LocalState state) {
    try (JobTest test = JobTest.builder(windows()).startAt(NOON).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      readings.send(
          0,
          new Reading("a", NOON, 1),
          new Reading("b", NOON, 1),
          new Reading("a", NOON.plusSeconds(65), 1));
      test.run();
      assertThat(openWindows(test)).isEqualTo(3);
      test.restart(state);
      test.run();
      assertThat(openWindows(test)).isEqualTo(3);
      readings.send(0, new Reading("a", NOON.plusSeconds(80), 1));
      test.run();
      assertThat(openWindows(test)).as("the first minute is over").isEqualTo(1);
    }
  }

  private static double openWindows(JobTest test) {
    return samples(test.metrics(), Measure.OPEN_WINDOWS).mapToDouble(MetricSample::value).sum();
  }

  private static Job patterns() {
    Job job = Job.named("patterns");
    job.source(
            KafkaSource.json("readings", Reading.class)
                .eventTime(Reading::at)
                .watermarks(Watermarks.monotonous()))
        .keyBy(Reading::sensor)
        .match(
            Pattern.<Reading>begin("low")
                .where(reading -> reading.value() < 5)
                .followedBy("high")
                .where(reading -> reading.value() >= 5)
                .within(Duration.ofSeconds(10)))
        .maxRuns(3, Overflow.DROP_OLDEST)
        .maxBuffered(100, Overflow.DROP_OLDEST)
        .select(match -> match.first("low").sensor())
        .to(KafkaSink.strings("found"));
    return job;
  }

  @Test
  void matchesAndWhatPatternsHoldAndGiveUpAreCounted() {
    try (JobTest test = JobTest.builder(patterns()).startAt(NOON).build()) {
      TestTopic<Reading> readings = test.topic("readings", Reading.class).partitions(1);
      int[] lows = {0, 1, 3, 20, 21, 22, 23, 24};
      for (int second : lows) {
        readings.send(0, new Reading("a", NOON.plusSeconds(second), 1));
        if (second == 1) {
          readings.send(0, new Reading("a", NOON.plusSeconds(2), 9));
        }
      }
      test.run();
      JobMetrics metrics = test.metrics();
      assertThat(sum(metrics, Measure.MATCHES)).isEqualTo(2);
      assertThat(sum(metrics, Measure.TIMED_OUT_MATCHES)).as("3").isEqualTo(1);
      assertThat(sum(metrics, Measure.DROPPED_MATCHES)).as("20").isEqualTo(1);
      assertThat(sum(metrics, Measure.DROPPED_MATCHES_FOR_RECORDS)).isZero();
      assertThat(sum(metrics, Measure.PATTERN_WAITING_BLOCKS)).as("24").isEqualTo(1);
      assertThat(sum(metrics, Measure.PARTIAL_MATCH_KEYS)).as("21, 22, 23").isEqualTo(1);
    }
  }

  private static double sum(JobMetrics metrics, Measure measure) {
    return samples(metrics, measure).mapToDouble(MetricSample::value).sum();
  }

  /** What an exporter relies on. */
  @Test
  void samplesOfOneMetricAreTogetherAndDistinct() {
    try (JobTest test = JobTest.builder(counts()).startAt(NOON).build()) {
      TestTopic<Word> words = words(test);
      send(words, NOON);
      test.run();
      test.scaleTo(2);
      send(words, NOON);
      test.run();
      JobMetrics metrics = test.metrics();
      Set<List<Object>> seen = new HashSet<>();
      List<Metric> order = new ArrayList<>();
      for (MetricSample sample : metrics.samples()) {
        assertThat(seen.add(List.of(sample.metric(), sample.labels()))).isTrue();
        assertThat(sample.metric().kind()).isNotEqualTo(Metric.Kind.HISTOGRAM);
        assertThat(sample.label("job")).isEqualTo("counts");
        if (order.isEmpty() || !order.get(order.size() - 1).equals(sample.metric())) {
          order.add(sample.metric());
        }
      }
      assertThat(order).doesNotHaveDuplicates();
      for (HistogramSample sample : metrics.histograms()) {
        assertThat(seen.add(List.of(sample.metric(), sample.labels()))).isTrue();
        assertThat(sample.buckets()).isSortedAccordingTo(MeasuredJobTest::inOrder);
      }
      Stream.of(Measure.values())
          .filter(Measure::isOfWorkers)
          .forEach(
              measure ->
                  assertThat(
                          Stream.concat(
                              metrics.samples().stream().map(MetricSample::metric),
                              metrics.histograms().stream().map(HistogramSample::metric)))
                      .contains(measure.metric()));
      for (String stage : test.stages()) {
        Map<String, Long> counters = metrics.stage(stage).values();
        assertThat((double) counters.get("recordsIn"))
            .isEqualTo(total(metrics, Measure.RECORDS_IN, stage));
      }
      assertThat(histogram(metrics, Measure.TRANSACTION_RECORDS, "words").sum())
          .isEqualTo(2 * WORDS);
    }
  }

  private static int inOrder(HistogramSample.Bucket one, HistogramSample.Bucket other) {
    int byBound = Double.compare(one.atMost(), other.atMost());
    assertThat(Long.compare(one.count(), other.count()) * byBound).isNotNegative();
    return byBound;
  }

  @Test
  void aSampleHasAValueForEachLabel() {
    Metric metric = Measure.RECORDS_IN.metric();
    MetricSample sample = new MetricSample(metric, List.of("j", "s"), 1);
    assertThat(sample.label("stage")).isEqualTo("s");
    assertThatThrownBy(() -> sample.label("topic"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'topic'");
    assertThatThrownBy(() -> new MetricSample(metric, List.of("j"), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[job, stage]");
  }
}
