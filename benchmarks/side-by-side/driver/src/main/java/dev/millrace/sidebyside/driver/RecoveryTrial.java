package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Arrivals;
import dev.millrace.sidebyside.figures.LatencyHistogram;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Metric;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The time after {@code kill -9} until an engine with many keys has results again, and until they
 * are as new as before.
 *
 * <p>First each key is counted once, which is not measured. Then records come at a steady rate, the
 * engine is killed and started again at once; the rate stays.
 */
final class RecoveryTrial implements Trial {

  private static final long SEED = 42;
  private static final long LOOK_MS = 10;
  private static final long PAUSE_MS = 3_000;

  private final Rig rig;

  RecoveryTrial(Rig rig) {
    this.rig = rig;
  }

  @Override
  public Measurement run(Contender contender, int round) throws Exception {
    String input = Attempt.name(contender, round) + "-in";
    Arguments arguments = rig.arguments();
    rig.kafka().create(input, contender.variant().partitions(), Map.of());
    try {
      InputTopic.sendEach(rig.kafka(), input, arguments.keys(), contender.variant().partitions());
      return Attempt.run(rig, contender, round, input, this::measure);
    } finally {
      rig.kafka().delete(input);
    }
  }

  private Measurement measure(Attempt attempt, EngineProcess victim)
      throws IOException, InterruptedException {
    rig.keepSettings(attempt.contender(), victim);
    awaitKeys(victim, attempt.task());
    return killAndMeasure(attempt, victim);
  }

  /** Waits until each key has been counted. */
  private void awaitKeys(EngineProcess process, EngineTask task)
      throws IOException, InterruptedException {
    long deadlineNanos =
        System.nanoTime() + TimeUnit.MINUTES.toNanos(rig.arguments().timeoutMinutes());
    try (OutputFollower output =
        new OutputFollower(
            rig.kafka(),
            task.output(),
            task.partitions(),
            process.startMs(),
            ResultRule.of(task.workload(), 0))) {
      while (output.counts().total() < rig.arguments().keys()) {
        process.checkAlive();
        if (System.nanoTime() > deadlineNanos) {
          throw new IllegalStateException("keys not counted in time; --timeout allows more");
        }
        Thread.sleep(PAUSE_MS);
        output.readToEnd();
      }
    }
  }

  private Measurement killAndMeasure(Attempt attempt, EngineProcess victim)
      throws IOException, InterruptedException {
    EngineTask task = attempt.task();
    Map<Metric, Double> figures = attempt.figures();
    Arguments arguments = rig.arguments();
    Arrivals arrivals = new Arrivals(1);
    Sightings sightings = new Sightings();
    try (SteadyLoad load =
        SteadyLoad.start(
            rig.kafka(),
            task.input(),
            task.output(),
            task.partitions(),
            arguments.rate(),
            WordSequence.uniform(SEED, arguments.keys()),
            arrivals,
            sightings)) {
      load.pass(arguments.warmUpSeconds(), victim);
      sightings.forget();
      load.pass(arguments.warmUpSeconds(), victim);
      // As many records as are under way when all is well.
      long usual = arguments.rate() * 2L * sightings.p99Micros() / 1_000_000;
      long killMicros = SteadyLoad.nowMicros();
      long killMs = System.currentTimeMillis();
      sightings.killed(killMicros);
      victim.kill();
      if (arguments.slot() == Arguments.Slot.OTHER) {
        rig.loseState(task);
      }
      try (EngineProcess successor = rig.start(attempt.contender(), task)) {
        Sampler sampler = Sampler.start(rig.kafka(), successor.pid(), task.input());
        try (sampler) {
          awaitCatchingUp(successor, load, arrivals, sightings, usual);
          long caughtUpMicros = SteadyLoad.nowMicros();
          figures.put(Metric.FIRST_RESULT_SECONDS, (sightings.firstMicros() - killMicros) / 1e6);
          figures.put(Metric.CAUGHT_UP_SECONDS, (caughtUpMicros - killMicros) / 1e6);
          load.stopSending();
          load.awaitResults(successor);
        }
        figures.put(Metric.PEAK_MEMORY_MB, ProcFiles.peakMemoryBytes(successor.pid()) / 1e6);
        Rig.addOthers(figures, sampler, killMs, System.currentTimeMillis());
      }
    }
    long wrong = arrivals.wrong();
    return attempt.compared(wrong == 0 ? "" : wrong + " keys have another count");
  }

  private void awaitCatchingUp(
      EngineProcess process, SteadyLoad load, Arrivals arrivals, Sightings sightings, long usual)
      throws IOException, InterruptedException {
    long deadlineNanos =
        System.nanoTime() + TimeUnit.MINUTES.toNanos(rig.arguments().timeoutMinutes());
    while (sightings.firstMicros() == 0 || arrivals.pending() > usual) {
      process.checkAlive();
      load.check();
      if (System.nanoTime() > deadlineNanos) {
        throw new IllegalStateException("not recovered in time; --timeout allows more");
      }
      Thread.sleep(LOOK_MS);
    }
  }

  /** The results that the reader saw before and after the kill. */
  private static final class Sightings implements SteadyLoad.Listener {

    private LatencyHistogram histogram = new LatencyHistogram();
    private long killMicros = Long.MAX_VALUE;
    private long firstMicros;

    synchronized void forget() {
      histogram = new LatencyHistogram();
    }

    synchronized long p99Micros() {
      return histogram.micros(0.99);
    }

    synchronized void killed(long micros) {
      killMicros = micros;
    }

    /** When a record was first seen that was sent after the kill, or 0. */
    synchronized long firstMicros() {
      return firstMicros;
    }

    @Override
    public synchronized void seen(long sentMicros, long seenMicros) {
      histogram.record(seenMicros - sentMicros);
      if (sentMicros >= killMicros && firstMicros == 0) {
        firstMicros = seenMicros;
      }
    }
  }
}
