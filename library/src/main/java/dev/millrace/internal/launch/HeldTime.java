package dev.millrace.internal.launch;

import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.runtime.SourceView;
import dev.millrace.internal.runtime.TaskView;
import dev.millrace.internal.spec.WatermarkStrategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watch for source partitions that have had no record yet and hold event time back: without
 * {@code idleness}, windows wait for them for ever, and all that shows is that no result comes.
 *
 * <p>They are reported when they have been empty for {@link #PATIENCE} while another partition that
 * feeds one of the same stages has an event time, and then once in {@link #INTERVAL}.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
final class HeldTime {

  static final Duration PATIENCE = Duration.ofMinutes(1);
  static final Duration INTERVAL = Duration.ofHours(1);

  private static final Logger LOGGER = LoggerFactory.getLogger(HeldTime.class);

  /** A partition found empty: if its position moves, records come that have moved no time. */
  private record Empty(long position, long sinceNanos) {}

  private final PhysicalPlan plan;

  /** The source stages in which a partition is waited for, and those whose time then waits. */
  private final Map<String, Set<String>> watched = new HashMap<>();

  private final Map<String, Map<Integer, Empty>> empty = new HashMap<>();
  private final Map<String, Long> reportedNanos = new HashMap<>();

  HeldTime(PhysicalPlan plan) {
    this.plan = plan;
    for (StagePlan stage : plan.stages()) {
      if (isNeverIdle(stage)) {
        Set<String> fed = new HashSet<>();
        addFed(stage, fed);
        Set<String> waiting = new TreeSet<>();
        for (StagePlan other : plan.stages()) {
          Set<String> alsoFed = new HashSet<>();
          addFed(other, alsoFed);
          alsoFed.retainAll(fed);
          if (other.isSource() && !alsoFed.isEmpty()) {
            waiting.add(other.name());
          }
        }
        watched.put(stage.name(), waiting);
      }
    }
  }

  private static boolean isNeverIdle(StagePlan stage) {
    if (!(stage.inputs().get(0) instanceof StageInput.OfSource input)) {
      return false;
    }
    WatermarkStrategy strategy = input.source().times().watermarks();
    return strategy != null && strategy.effectiveIdleTimeout() == null;
  }

  /** Adds the stages after this one that need event time, or pass it on to some that do. */
  private void addFed(StagePlan stage, Set<String> fed) {
    for (ShuffleEdge edge : stage.outputs()) {
      if (edge.granularityMs().eventMs() != Long.MAX_VALUE && fed.add(edge.to())) {
        addFed(plan.stage(edge.to()), fed);
      }
    }
  }

  /**
   * Looks at the source partitions that are read here, and reports those that hold time back.
   *
   * @param elsewhere whether some instance has committed an event time for a partition of a stage
   */
  void look(Map<String, List<TaskView>> sources, Predicate<StagePlan> elsewhere, long nowNanos) {
    watched.forEach(
        (stage, waiting) -> {
          List<Integer> held =
              emptyForLong(stage, sources.getOrDefault(stage, List.of()), nowNanos);
          Long before = reportedNanos.get(stage);
          if (!held.isEmpty()
              && (before == null || nowNanos - before >= INTERVAL.toNanos())
              && waiting.stream().anyMatch(other -> hasTime(other, sources, elsewhere))) {
            reportedNanos.put(stage, nowNanos);
            report(plan.stage(stage), held);
          }
        });
  }

  /**
   * Returns the partitions that have been empty for long; the next look at them is after a pause.
   */
  private List<Integer> emptyForLong(String stage, List<TaskView> tasks, long nowNanos) {
    Map<Integer, Empty> before = empty.getOrDefault(stage, Map.of());
    Map<Integer, Empty> now = new HashMap<>();
    List<Integer> forLong = new ArrayList<>();
    for (TaskView task : tasks) {
      if (!isEmpty(task.source().orElseThrow())) {
        continue;
      }
      Empty known = before.get(task.task());
      long position = task.positions().get(0);
      boolean isLong =
          known != null
              && known.position() == position
              && nowNanos - known.sinceNanos() >= PATIENCE.toNanos();
      if (isLong) {
        forLong.add(task.task());
      }
      now.put(
          task.task(),
          known == null || known.position() != position || isLong
              ? new Empty(position, nowNanos)
              : known);
    }
    empty.put(stage, now);
    return forLong;
  }

  private static boolean isEmpty(SourceView source) {
    return source.state() == SourceView.State.ACTIVE
        && !source.hasWatermark()
        && source.lag().orElse(1) == 0;
  }

  private boolean hasTime(
      String stage, Map<String, List<TaskView>> sources, Predicate<StagePlan> elsewhere) {
    return sources.getOrDefault(stage, List.of()).stream()
            .anyMatch(task -> task.source().orElseThrow().hasWatermark())
        || elsewhere.test(plan.stage(stage));
  }

  private void report(StagePlan stage, List<Integer> partitions) {
    LOGGER
        .atWarn()
        .addKeyValue("job", plan.job())
        .addKeyValue("stage", stage.name())
        .addKeyValue("topic", stage.inputs().get(0).topic())
        .addKeyValue("partitions", partitions)
        .log(
            "Windows do not close: partitions that have had no record yet hold event time back. If"
                + " they have nothing to send, write .idleness(Duration.ofSeconds(30)) after the"
                + " source's Watermarks");
  }
}
