package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.figures.Counts.Comparison;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Progress;
import dev.millrace.sidebyside.figures.Progress.Stretch;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The rate at which an engine processes records that are all there when it starts.
 *
 * <p>The first half of them warms it up; what counts is the second, from when results account for
 * half of the records to when they account for all. The times are those at which the broker took
 * the results, so that nobody has to read them meanwhile. Beside it there is what it was from a
 * tenth on: with some of the warm-up, but also with what a stage had read in the first half of
 * which later stages had made nothing yet.
 */
final class ThroughputTrial implements Trial {

  private static final long LOOK_MS = 200;

  /** After so long without new results it is worth reading them. */
  private static final long PAUSE_MS = 3_000;

  /** After so long without new results there will be none. */
  private static final long STALLED_MS = 60_000;

  /** The first ones may have to wait for a grace, which is half of the input when that is short. */
  private static final long FIRST_MS = 300_000;

  /** From this share of the records on it is measured, beside the second half. */
  private static final double LONG_SHARE = 0.1;

  private final Rig rig;
  private final Inputs inputs;

  ThroughputTrial(Rig rig) {
    this.rig = rig;
    this.inputs = new Inputs(rig);
  }

  @Override
  public Measurement run(Contender contender, int round) throws Exception {
    InputTopic input = inputs.of(contender.variant());
    return Attempt.run(
        rig,
        contender,
        round,
        input.name(),
        contender.engine() == EngineChoice.CONSUMER
            ? (attempt, process) -> consume(input, attempt, process)
            : (attempt, process) -> compute(input, attempt, process));
  }

  private Measurement consume(InputTopic input, Attempt attempt, EngineProcess process)
      throws IOException, InterruptedException {
    Sampler sampler = Sampler.start(rig.kafka(), process.pid(), input.name());
    try (sampler) {
      long deadlineNanos = deadlineNanos();
      while (process.progress().last() < input.records()) {
        process.checkAlive();
        checkTime(deadlineNanos);
        Thread.sleep(LOOK_MS);
      }
    }
    Progress progress = process.progress().toProgress(process.startMs());
    addFigures(attempt, input, process, sampler, progress);
    return attempt.ended(Outcome.NOTHING_TO_COMPARE, Rig.remarks(attempt.figures()));
  }

  private Measurement compute(InputTopic input, Attempt attempt, EngineProcess process)
      throws IOException, InterruptedException {
    EngineTask task = attempt.task();
    try (OutputFollower output =
        new OutputFollower(
            rig.kafka(), task.output(), task.partitions(), process.startMs(), input.rule())) {
      Sampler sampler = Sampler.start(rig.kafka(), process.pid(), input.name());
      try (sampler) {
        awaitResults(input, process, output);
      }
      addFigures(attempt, input, process, sampler, output.progress());
      Comparison comparison = input.expected().compare(output.counts());
      return attempt.compared(comparison.isEqual() ? "" : comparison.toString());
    }
  }

  /** Waits for all results, or until no more come. */
  private void awaitResults(InputTopic input, EngineProcess process, OutputFollower output)
      throws IOException, InterruptedException {
    long deadlineNanos = deadlineNanos();
    long end = 0;
    long read = 0;
    long grownNanos = System.nanoTime();
    while (true) {
      process.checkAlive();
      checkTime(deadlineNanos);
      Thread.sleep(LOOK_MS);
      long now = output.committedEnd();
      if (now != end) {
        end = now;
        grownNanos = System.nanoTime();
      }
      long pausedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - grownNanos);
      if (pausedMs >= PAUSE_MS && end > read) {
        output.readToEnd();
        read = end;
        if (output.counts().total() >= input.expected().total()) {
          return;
        }
      }
      if (end == 0 && pausedMs >= FIRST_MS) {
        throw new IllegalStateException("no results in " + FIRST_MS / 1000 + " s");
      }
      if (end > 0 && pausedMs >= STALLED_MS) {
        return;
      }
    }
  }

  private void addFigures(
      Attempt attempt, InputTopic input, EngineProcess process, Sampler sampler, Progress progress)
      throws IOException {
    Contender contender = attempt.contender();
    Map<Metric, Double> figures = attempt.figures();
    rig.keepSettings(contender, process);
    figures.put(Metric.PEAK_MEMORY_MB, ProcFiles.peakMemoryBytes(process.pid()) / 1e6);
    double recordsEach = 1;
    if (contender.engine() != EngineChoice.CONSUMER) {
      figures.put(Metric.KAFKA_BYTES, (double) sampler.kafkaBytes().last() / input.records());
      recordsEach = (double) input.records() / input.expected().total();
    }
    if (attempt.task().workload() == Query.Q12) {
      // Its results come in a few steps that the clock makes.
      progress.whole().ifPresent(whole -> addSteady(figures, process, sampler, whole));
      return;
    }
    Optional<Stretch> half = times(progress.since(0.5), recordsEach);
    half.ifPresent(stretch -> addSteady(figures, process, sampler, stretch));
    times(progress.since(LONG_SHARE), recordsEach)
        .ifPresent(stretch -> addLong(figures, sampler, stretch));
  }

  private static Optional<Stretch> times(Optional<Stretch> stretch, double recordsEach) {
    return stretch.map(some -> some.times(recordsEach));
  }

  private static void addSteady(
      Map<Metric, Double> figures, EngineProcess process, Sampler sampler, Stretch stretch) {
    figures.put(Metric.RATE, stretch.rate());
    figures.put(Metric.WHOLE_SECONDS, (stretch.toMs() - process.startMs()) / 1e3);
    Rig.addCosts(figures, process, sampler, stretch);
  }

  private static void addLong(Map<Metric, Double> figures, Sampler sampler, Stretch stretch) {
    long from = stretch.fromMs();
    long to = stretch.toMs();
    figures.put(Metric.LONG_RATE, stretch.rate());
    figures.put(
        Metric.LONG_ENGINE_CPU_MICROS,
        sampler.engineCpuMs().growth(from, to) * 1000 / stretch.records());
    figures.put(
        Metric.LONG_BROKER_CPU_MICROS,
        sampler.brokerCpuMs().growth(from, to) * 1000 / stretch.records());
  }

  private long deadlineNanos() {
    return System.nanoTime() + TimeUnit.MINUTES.toNanos(rig.arguments().timeoutMinutes());
  }

  private static void checkTime(long deadlineNanos) {
    if (System.nanoTime() > deadlineNanos) {
      throw new IllegalStateException("not finished in time; --timeout allows more");
    }
  }
}
