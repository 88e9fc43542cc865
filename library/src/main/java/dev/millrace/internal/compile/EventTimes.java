package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.internal.window.WindowSettings;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The nodes that have watermarks in event time: those all of whose sources have a strategy, unless
 * a window in processing time lies between; and those whose times are times of what happened.
 */
final class EventTimes {

  private final LogicalPlan plan;
  private final List<Boolean> hasWatermarks;
  private final List<Boolean> hasTimes;

  private EventTimes(LogicalPlan plan, List<Boolean> hasWatermarks, List<Boolean> hasTimes) {
    this.plan = plan;
    this.hasWatermarks = hasWatermarks;
    this.hasTimes = hasTimes;
  }

  static EventTimes of(LogicalPlan plan) {
    List<Boolean> known = new ArrayList<>();
    List<Boolean> timed = new ArrayList<>();
    EventTimes times = new EventTimes(plan, known, timed);
    for (LogicalNode node : plan.nodes()) {
      if (node.operation() instanceof Operation.OfSource read) {
        known.add(read.source().times().hasWatermarks());
        timed.add(read.source() instanceof KafkaSourceSpec || !read.source().times().areUnset());
      } else {
        boolean inputs = allOf(node, known);
        boolean processing =
            node.operation()
                .windows()
                .map(windows -> times.domain(node, windows, inputs))
                .equals(Optional.of(TimeDomain.PROCESSING));
        known.add(inputs && !processing);
        timed.add(processing || allOf(node, timed));
      }
    }
    return times;
  }

  /** {@return the time that an aggregate goes by} */
  TimeDomain domain(LogicalNode node) {
    return node.operation()
        .windows()
        .map(windows -> domain(node, windows, hasWatermarks(node)))
        .orElse(TimeDomain.EVENT);
  }

  /** {@return whether what comes to a node has watermarks} */
  boolean hasWatermarks(LogicalNode node) {
    return allOf(node, hasWatermarks);
  }

  /**
   * {@return whether the times of what comes to a node are times of what happened: those of Kafka's
   * records, or of sources for which an event time or watermarks are set}
   *
   * <p>All others only have times because a source has to name some, such as that of a file.
   */
  boolean hasTimes(LogicalNode node) {
    return allOf(node, hasTimes);
  }

  /** {@return whether something holds for all those inputs of a node whose times it goes by} */
  private static boolean allOf(LogicalNode node, List<Boolean> known) {
    return IntStream.range(0, node.inputs().size())
        .filter(node.operation()::goesByTimeOf)
        .allMatch(input -> known.get(node.inputs().get(input)));
  }

  private TimeDomain domain(LogicalNode node, WindowSettings windows, boolean watermarks) {
    TimeDomain chosen =
        windows.domain().orElse(watermarks ? TimeDomain.EVENT : TimeDomain.PROCESSING);
    if (needsEventTime(windows.kind()) && chosen == TimeDomain.PROCESSING) {
      throw new ConfigurationException(
          "Cannot compile '"
              + node.label()
              + "' of job '"
              + plan.job()
              + "': its trigger has deadlines in event time, but the window goes by processing time"
              + " ("
              + windows.kind().describe()
              + "). Add .watermarks(...) to all its sources, or use a trigger that goes by the"
              + " clock");
    }
    if (chosen == TimeDomain.EVENT && !watermarks) {
      throw new ConfigurationException(
          "Cannot compile '"
              + node.label()
              + "' of job '"
              + plan.job()
              + "': its window is in event time, but a source has no watermarks. Add"
              + " .watermarks(Watermarks.boundedOutOfOrderness(...)) to the source, or use"
              + " .inProcessingTime()");
    }
    return chosen;
  }

  private static boolean needsEventTime(WindowKind window) {
    return window instanceof WindowKind.Global global && global.needsEventTime();
  }
}
