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
 * How fast an engine gets through records that are all there when it starts.
 *
 * <p>The first half of them warms it up; what counts is the second, from when results account for
 * half of the records to when they account for all. The times are those at which the broker took
 * the results, so that nobody has to read them meanwhile.
 */
final class ThroughputTrial implements Trial {

  private static final long LOOK_MS = 200;

  /** After so long without new results it is worth reading them. */
  private static final long PAUSE_MS = 3_000;

  /** After so long without new results there will be none. */
  private static final long STALLED_MS = 60_000;

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
    addFigures(attempt, input.records(), process, sampler, progress.secondHalf());
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
      double recordsEach = (double) input.records() / input.expected().total();
      Optional<Stretch> measured =
          steady(task, output.progress()).map(stretch -> stretch.times(recordsEach));
      addFigures(attempt, input.records(), process, sampler, measured);
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
      if (pausedMs >= STALLED_MS) {
        if (end == 0) {
          throw new IllegalStateException("no results in " + STALLED_MS / 1000 + " s");
        }
        return;
      }
    }
  }

  /** The second half; the whole run if results come in a few steps that the clock makes. */
  private static Optional<Stretch> steady(EngineTask task, Progress progress) {
    return task.workload() == Query.Q12 ? progress.whole() : progress.secondHalf();
  }

  /**
   * Adds what was measured.
   *
   * @param records the input records that results account for
   * @param measured the part of the run that counts
   */
  private void addFigures(
      Attempt attempt,
      long records,
      EngineProcess process,
      Sampler sampler,
      Optional<Stretch> measured)
      throws IOException {
    Contender contender = attempt.contender();
    Map<Metric, Double> figures = attempt.figures();
    rig.keepSettings(contender, process);
    figures.put(Metric.PEAK_MEMORY_MB, ProcFiles.peakMemoryBytes(process.pid()) / 1e6);
    if (contender.engine() != EngineChoice.CONSUMER) {
      figures.put(Metric.KAFKA_BYTES, (double) sampler.kafkaBytes().last() / records);
    }
    measured.ifPresent(
        stretch -> {
          figures.put(Metric.RATE, stretch.rate());
          figures.put(Metric.WHOLE_SECONDS, (stretch.toMs() - process.startMs()) / 1e3);
          Rig.addCosts(figures, process, sampler, stretch);
        });
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
