package dev.millrace.chaos;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.output.OutputTag;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Emission;
import dev.millrace.window.Late;
import dev.millrace.window.Window;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;

/**
 * Sums in five kinds of windows. Sessions, sliding windows and those without partial results, whose
 * records travel one by one, wait for records that are out of order; the tables do not: one
 * corrects what it has said, the other says everything at once and revises it.
 *
 * <p>Arguments: {@code --job --in --sessions --sliding --alone --corrected --updated}, the job's
 * name and its topics.
 */
public final class WindowsJob implements JobDefinition {

  static final Duration BOUND = Duration.ofMillis(3_000);
  static final Duration GAP = Duration.ofMillis(300);
  static final Duration SIZE = Duration.ofMillis(1_000);
  static final Duration SLIDE = Duration.ofMillis(250);
  static final Duration TUMBLING = Duration.ofMillis(500);

  private static final OutputTag<Late<Keyed>> LATE = Late.tag("late", Keyed.class);

  /** An amount at a time. */
  public record Payment(String key, long timeMs, long amount) {}

  /** What payments add up to. */
  public record Sum(long count, long amount) {

    static Sum of(Payment payment) {
      return new Sum(1, payment.amount());
    }

    /** Adds. */
    public Sum plus(Sum other) {
      return new Sum(count + other.count, amount + other.amount);
    }
  }

  /** A payment on its way, or what some of them add up to. */
  public record Keyed(String key, Sum sum) {

    static Keyed of(Payment payment) {
      return new Keyed(payment.key(), Sum.of(payment));
    }

    /** Adds. */
    public Keyed plus(Keyed other) {
      return new Keyed(key, sum.plus(other.sum));
    }
  }

  /** A result, said or taken back. */
  public record Row(String key, long startMs, long endMs, boolean retracted, Sum sum) {

    static Row of(String key, Window window, boolean retracted, Sum sum) {
      return new Row(
          key, window.start().toEpochMilli(), window.end().toEpochMilli(), retracted, sum);
    }

    static Row of(WindowResult<String, Keyed> result) {
      return of(result.key(), result.window(), false, result.value().sum());
    }

    /** {@return what no two results that hold at the same time have in common} */
    String name() {
      return key + " " + startMs + ".." + endMs;
    }
  }

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("job"));
    DataStream<Keyed> patient = payments(job, arguments.text("in"), "patient", BOUND);
    patient
        .keyBy(Keyed::key)
        .parallelism(4)
        .window(Windows.session(GAP))
        .reduce(Keyed::plus)
        .name("sessions")
        .map(Row.class, Row::of)
        .to(KafkaSink.<Row>json(arguments.text("sessions")).key(Row::key));
    patient
        .keyBy(Keyed::key)
        .parallelism(4)
        .window(Windows.sliding(SIZE, SLIDE))
        .reduce(Keyed::plus)
        .name("sliding")
        .map(Row.class, Row::of)
        .to(KafkaSink.<Row>json(arguments.text("sliding")).key(Row::key));
    DataStream<WindowResult<String, Keyed>> alone =
        patient
            .keyBy(Keyed::key)
            .parallelism(4)
            .window(Windows.tumbling(TUMBLING))
            .lateTo(LATE)
            .reduce(Keyed::plus)
            .name("alone");
    alone.map(Row.class, Row::of).to(KafkaSink.<Row>json(arguments.text("alone")).key(Row::key));
    alone
        .sideOutput(LATE)
        .map(Row.class, WindowsJob::wrong)
        .to(KafkaSink.<Row>json(arguments.text("alone")).key(Row::key));
    payments(job, arguments.text("in"), "hasty", Duration.ZERO)
        .keyBy(Keyed::key)
        .parallelism(4)
        .window(Windows.tumbling(TUMBLING))
        .allowedLateness(BOUND)
        .reduce(Keyed::plus)
        .name("corrected")
        .changes()
        .map(
            Row.class,
            each ->
                Row.of(
                    each.key().key(),
                    each.key().window(),
                    each.kind().retracts(),
                    each.value().sum()))
        .to(KafkaSink.<Row>json(arguments.text("corrected")).key(Row::key));
    patient
        .keyBy(Keyed::key)
        .parallelism(2)
        .window(Windows.session(GAP))
        .emit(Emission.onUpdate())
        .reduce(Keyed::plus)
        .name("updated")
        .changes()
        .map(
            Row.class,
            each ->
                Row.of(
                    each.key().key(),
                    each.key().window(),
                    each.kind().retracts(),
                    each.value().sum()))
        .to(KafkaSink.<Row>json(arguments.text("updated")).key(Row::key));
    return job;
  }

  /**
   * None is out of order by more than the bound, so the reader is to see that this holds nothing.
   */
  private static Row wrong(Late<Keyed> late) {
    long atMs = late.time().toEpochMilli();
    return new Row(late.value().key(), atMs, atMs, true, late.value().sum());
  }

  private static DataStream<Keyed> payments(Job job, String topic, String name, Duration bound) {
    return job.source(
            KafkaSource.json(topic, Payment.class)
                .eventTime(payment -> Instant.ofEpochMilli(payment.timeMs()))
                .watermarks(Watermarks.boundedOutOfOrderness(bound).idleness(Duration.ofHours(1))))
        .name(name)
        .map(Keyed::of);
  }
}
