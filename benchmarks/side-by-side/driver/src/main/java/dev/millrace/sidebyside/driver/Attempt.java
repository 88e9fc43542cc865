package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Measurement;
import dev.millrace.sidebyside.figures.Measurement.Outcome;
import dev.millrace.sidebyside.figures.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One run of an engine in a trial, with an output and a state of its own.
 *
 * @param round from 1
 * @param figures what has been measured so far
 */
record Attempt(Contender contender, int round, EngineTask task, Map<Metric, Double> figures) {

  /** The measurement that a trial makes of an engine that was started. */
  interface Measuring {

    /**
     * Measures the engine.
     *
     * @throws IllegalStateException if it fails, which is a measurement too
     */
    Measurement measure(Attempt attempt, EngineProcess process)
        throws IOException, InterruptedException;
  }

  /** {@return the name of a run, which is the only one of that name} */
  static String name(Contender contender, int round) {
    return contender.shortName() + "-" + round;
  }

  /** Starts an engine, has it measured, and deletes what it leaves but for its input. */
  static Measurement run(Rig rig, Contender contender, int round, String input, Measuring measuring)
      throws Exception {
    Path state = Files.createTempDirectory("side-by-side-");
    EngineTask task = rig.task(contender, name(contender, round), input, state);
    rig.kafka().createOutput(task.output(), task.partitions());
    Attempt attempt = new Attempt(contender, round, task, new EnumMap<>(Metric.class));
    attempt.figures.put(Metric.LOAD, ProcFiles.loadAverage());
    try (EngineProcess process = rig.start(contender, task)) {
      return measuring.measure(attempt, process);
    } catch (IllegalStateException e) {
      return attempt.ended(Outcome.FAILED, List.of(String.valueOf(e.getMessage())));
    } finally {
      rig.cleanUp(input, state);
    }
  }

  /** {@return the measurement of this run} */
  Measurement ended(Outcome outcome, List<String> remarks) {
    return new Measurement(contender.label(), round, figures, outcome, remarks);
  }

  /**
   * {@return the measurement of this run, whose results were compared}
   *
   * @param difference what differs in the results, empty if nothing does
   */
  Measurement compared(String difference) {
    List<String> remarks = new ArrayList<>(Rig.remarks(figures));
    if (difference.isEmpty()) {
      return ended(Outcome.EQUAL, remarks);
    }
    remarks.add("results differ: " + difference);
    return ended(Outcome.DIFFERENT, remarks);
  }
}
