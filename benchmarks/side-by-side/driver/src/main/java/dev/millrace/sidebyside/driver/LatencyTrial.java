package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Arrivals;
import dev.millrace.sidebyside.figures.LatencyHistogram;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Progress.Stretch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How long it takes from a record to the first committed result that accounts for it, at a steady
 * rate.
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
    String name = contender.shortName() + "-" + round;
    String input = name + "-in";
    Path state = Files.createTempDirectory("side-by-side-");
    EngineTask task = rig.task(contender, name, input, state);
    rig.kafka().create(input, task.partitions(), Map.of());
    rig.kafka().createOutput(task.output(), task.partitions());
    Map<Metric, Double> figures = new EnumMap<>(Metric.class);
    figures.put(Metric.LOAD, ProcFiles.loadAverage());
    try (EngineProcess process = rig.start(contender, task)) {
      return measure(contender, round, task, process, figures);
    } catch (IllegalStateException e) {
      return new Measurement(
          contender.label(),
          round,
          figures,
          Outcome.FAILED,
          List.of(String.valueOf(e.getMessage())));
    } finally {
      rig.cleanUp(input, state);
      rig.kafka().delete(input);
    }
  }

  private Measurement measure(
      Contender contender,
      int round,
      EngineTask task,
      EngineProcess process,
      Map<Metric, Double> figures)
      throws IOException, InterruptedException {
    Arguments arguments = rig.arguments();
    boolean hasResults = contender.engine() != EngineChoice.CONSUMER;
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
    rig.keepSettings(contender, process);
    figures.put(Metric.PEAK_MEMORY_MB, ProcFiles.peakMemoryBytes(process.pid()) / 1e6);
    Rig.addCosts(figures, process, sampler, measured);
    if (!hasResults) {
      return new Measurement(
          contender.label(), round, figures, Outcome.NOTHING_TO_COMPARE, Rig.remarks(figures));
    }
    latencies.addTo(figures);
    List<String> remarks = new ArrayList<>(Rig.remarks(figures));
    long wrong = arrivals.wrong();
    if (wrong > 0) {
      remarks.add("results differ: " + wrong + " words have another count");
    }
    return new Measurement(
        contender.label(), round, figures, wrong == 0 ? Outcome.EQUAL : Outcome.DIFFERENT, remarks);
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
