package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Counts.Comparison;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
    String name = contender.shortName() + "-" + round;
    Path state = Files.createTempDirectory("side-by-side-");
    EngineTask task = rig.task(contender, name, input.name(), state);
    rig.kafka().createOutput(task.output(), task.partitions());
    Map<Metric, Double> figures = new EnumMap<>(Metric.class);
    figures.put(Metric.LOAD, ProcFiles.loadAverage());
    try (EngineProcess process = rig.start(contender, task)) {
      return contender.engine() == EngineChoice.CONSUMER
          ? consume(contender, round, input, process, figures)
          : compute(contender, round, input, task, process, figures);
    } catch (IllegalStateException e) {
      return new Measurement(
          contender.label(),
          round,
          figures,
          Outcome.FAILED,
          List.of(String.valueOf(e.getMessage())));
    } finally {
      rig.cleanUp(InputTopic.SHARED, state);
    }
  }

  private Measurement consume(
      Contender contender,
      int round,
      InputTopic input,
      EngineProcess process,
      Map<Metric, Double> figures)
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
    addFigures(figures, contender, input.records(), process, sampler, progress, 1);
    return new Measurement(
        contender.label(), round, figures, Outcome.NOTHING_TO_COMPARE, Rig.remarks(figures));
  }

  private Measurement compute(
      Contender contender,
      int round,
      InputTopic input,
      EngineTask task,
      EngineProcess process,
      Map<Metric, Double> figures)
      throws IOException, InterruptedException {
    try (OutputFollower output =
        new OutputFollower(
            rig.kafka(), task.output(), task.partitions(), process.startMs(), input.rule())) {
      Sampler sampler = Sampler.start(rig.kafka(), process.pid(), input.name());
      try (sampler) {
        awaitResults(input, process, output);
      }
      addFigures(
          figures,
          contender,
          input.records(),
          process,
          sampler,
          output.progress(),
          (double) input.records() / input.expected().total());
      Comparison comparison = input.expected().compare(output.counts());
      List<String> remarks = new ArrayList<>(Rig.remarks(figures));
      if (!comparison.isEqual()) {
        remarks.add("results differ: " + comparison);
      }
      return new Measurement(
          contender.label(),
          round,
          figures,
          comparison.isEqual() ? Outcome.EQUAL : Outcome.DIFFERENT,
          remarks);
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

  /**
   * Adds what was measured.
   *
   * @param recordsEach for how many input records one in the progress stands
   */
  private void addFigures(
      Map<Metric, Double> figures,
      Contender contender,
      long records,
      EngineProcess process,
      Sampler sampler,
      Progress progress,
      double recordsEach)
      throws IOException {
    rig.keepSettings(contender, process);
    figures.put(Metric.PEAK_MEMORY_MB, ProcFiles.peakMemoryBytes(process.pid()) / 1e6);
    if (contender.engine() != EngineChoice.CONSUMER) {
      figures.put(Metric.KAFKA_BYTES, (double) sampler.kafkaBytes().last() / records);
    }
    progress
        .secondHalf()
        .map(half -> half.times(recordsEach))
        .ifPresent(
            half -> {
              figures.put(Metric.RATE, half.rate());
              figures.put(Metric.WHOLE_SECONDS, (half.toMs() - process.startMs()) / 1e3);
              Rig.addCosts(figures, process, sampler, half);
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
