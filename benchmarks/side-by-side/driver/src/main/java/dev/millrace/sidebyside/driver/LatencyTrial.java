package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Arrivals;
import dev.millrace.sidebyside.figures.LatencyHistogram;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Progress.Stretch;
import java.io.IOException;
import java.util.Map;

/**
 * The latency from a record to the first committed result that accounts for it, at a steady rate.
 *
 * <p>The first seconds warm the engine up and do not count.
 */
final class LatencyTrial implements Trial {

  private static final long SEED = 42;

  private final Rig rig;

  LatencyTrial(Rig rig) {
    this.rig = rig;
  }

  @Override
  public Measurement run(Contender contender, int round) throws Exception {
    String input = Attempt.name(contender, round) + "-in";
    rig.kafka().create(input, contender.variant().partitions(), Map.of());
    try {
      return Attempt.run(rig, contender, round, input, this::measure);
    } finally {
      rig.kafka().delete(input);
    }
  }

  private Measurement measure(Attempt attempt, EngineProcess process)
      throws IOException, InterruptedException {
    EngineTask task = attempt.task();
    Map<Metric, Double> figures = attempt.figures();
    Arguments arguments = rig.arguments();
    boolean hasResults = attempt.contender().engine() != EngineChoice.CONSUMER;
    process.awaitStarted();
    Arrivals arrivals = new Arrivals(0);
    Latencies latencies = new Latencies();
    Sampler sampler = Sampler.start(rig.kafka(), process.pid(), task.input());
    Stretch measured;
    try (sampler;
        SteadyLoad load =
            SteadyLoad.start(
                rig.kafka(),
                task.input(),
                task.output(),
                task.partitions(),
                arguments.rate(),
                WordSequence.zipf(SEED, arguments.keys()),
                arrivals,
                latencies)) {
      load.pass(arguments.warmUpSeconds(), process);
      long fromMs = System.currentTimeMillis();
      latencies.from(SteadyLoad.nowMicros());
      load.pass(arguments.seconds(), process);
      long toMs = System.currentTimeMillis();
      latencies.to(SteadyLoad.nowMicros());
      measured = new Stretch(fromMs, toMs, (toMs - fromMs) * arguments.rate() / 1000);
      load.stopSending();
      if (hasResults) {
        load.awaitResults(process);
      }
    }
    rig.keepSettings(attempt.contender(), process);
    figures.put(Metric.PEAK_MEMORY_MB, ProcFiles.peakMemoryBytes(process.pid()) / 1e6);
    Rig.addCosts(figures, process, sampler, measured);
    if (!hasResults) {
      return attempt.ended(Outcome.NOTHING_TO_COMPARE, Rig.remarks(figures));
    }
    latencies.addTo(figures);
    long wrong = arrivals.wrong();
    return attempt.compared(wrong == 0 ? "" : wrong + " words have another count");
  }

  /** The latencies of records that were due in the time that counts. */
  private static final class Latencies implements SteadyLoad.Listener {

    private final LatencyHistogram histogram = new LatencyHistogram();
    private long fromMicros = Long.MAX_VALUE;
    private long toMicros = Long.MAX_VALUE;

    synchronized void from(long micros) {
      fromMicros = micros;
    }

    synchronized void to(long micros) {
      toMicros = micros;
    }

    @Override
    public synchronized void seen(long sentMicros, long seenMicros) {
      if (sentMicros >= fromMicros && sentMicros < toMicros) {
        histogram.record(seenMicros - sentMicros);
      }
    }

    synchronized void addTo(Map<Metric, Double> figures) {
      figures.put(Metric.P50_MS, histogram.micros(0.5) / 1e3);
      figures.put(Metric.P90_MS, histogram.micros(0.9) / 1e3);
      figures.put(Metric.P99_MS, histogram.micros(0.99) / 1e3);
      figures.put(Metric.P999_MS, histogram.micros(0.999) / 1e3);
      figures.put(Metric.MAX_MS, histogram.maxMicros() / 1e3);
    }
  }
}
