package dev.millrace.internal.stage;

import dev.millrace.metrics.StageCounters;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The figures of one worker of a stage: a cell for each {@link Measure} that workers have, written
 * by the worker alone and read by any thread, slightly outdated at worst.
 *
 * <p>What counts for each record asks for its counter once and keeps it: to count is a plain write
 * then.
 *
 * <p><b>Threads.</b> Cells are written by one thread and readable by any.
 */
public final class StageMetrics {

  private final Map<Measure, Counter> counters = new EnumMap<>(Measure.class);
  private final Map<Measure, Gauge> gauges = new EnumMap<>(Measure.class);
  private final Map<Measure, Histogram> histograms = new EnumMap<>(Measure.class);
  private final OperatorFlows flows = new OperatorFlows();
  private final StoreFigures stores = new StoreFigures();

  /** Creates the cells of one worker, all of them 0. */
  public StageMetrics() {
    for (Measure measure : Measure.values()) {
      if (measure.isOfWorkers()) {
        switch (measure.metric().kind()) {
          case COUNTER -> counters.put(measure, new Counter());
          case GAUGE -> gauges.put(measure, new Gauge());
          case HISTOGRAM -> histograms.put(measure, new Histogram(measure.buckets()));
        }
      }
    }
  }

  /** {@return the counts of nobody: all of them, and all 0} */
  public static StageCounters none() {
    return new StageMetrics().snapshot();
  }

  /** {@return the worker's counter of a measure} */
  public Counter counter(Measure measure) {
    return cell(counters, measure);
  }

  /** {@return the worker's gauge of a measure} */
  public Gauge gauge(Measure measure) {
    return cell(gauges, measure);
  }

  /** {@return the worker's histogram of a measure} */
  public Histogram histogram(Measure measure) {
    return cell(histograms, measure);
  }

  /** {@return the worker's counters of what passes between operators} */
  public OperatorFlows flows() {
    return flows;
  }

  /** {@return the rows of the worker's tasks, by store} */
  public StoreFigures stores() {
    return stores;
  }

  private static <T> T cell(Map<Measure, T> cells, Measure measure) {
    T cell = cells.get(measure);
    if (cell == null) {
      throw new IllegalArgumentException("A worker has no such cell of " + measure);
    }
    return cell;
  }

  /** {@return the present value of a counter or gauge, as it is stored} */
  public long value(Measure measure) {
    Counter counter = counters.get(measure);
    return counter != null ? counter.count() : gauge(measure).value();
  }

  /** {@return all values that can be added up, as they are} */
  public StageCounters snapshot() {
    Map<String, Long> values = new LinkedHashMap<>();
    for (Measure measure : Measure.values()) {
      if (measure.addsUp()) {
        values.put(measure.property(), value(measure));
      }
    }
    return new StageCounters(values);
  }
}
