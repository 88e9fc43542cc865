package dev.millrace;

import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.WindowSpec;

/**
 * Two streams whose records of a key are to be seen together, in windows that are still to be
 * named.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <L> the values of the left stream
 * @param <R> the values of the right stream
 */
public final class KeyedCoGroup<K, L, R> {

  private static final String CANNOT = "Cannot co-group within windows";

  private final PlanBuilder plan;
  private final int left;
  private final int right;

  KeyedCoGroup(PlanBuilder plan, int left, int right) {
    this.plan = plan;
    this.left = left;
    this.right = right;
  }

  /**
   * Sets how many tasks serve the co-group: the most that can ever work on it at the same time. It
   * is about the keyed streams that meet in it.
   *
   * @param tasks 1 to 10,000
   */
  public KeyedCoGroup<K, L, R> parallelism(int tasks) {
    StepChecks.checkParallelism(tasks);
    plan.change(left, node -> node.parallel(tasks));
    plan.change(right, node -> node.parallel(tasks));
    return this;
  }

  /**
   * {@return the co-group of what is in the same window; in windows that overlap, a record is seen
   * in each of those that it is in}
   *
   * @param window tumbling, sliding, hopping, cumulative or calendar windows in event time, or
   *     sessions, which are formed over the records of both sides
   */
  public WindowedCoGroup<K, L, R> within(WindowSpec<Object> window) {
    WindowKind kind = JoinWindows.inEventTime(CANNOT, Arguments.given(CANNOT, "window", window));
    return new WindowedCoGroup<>(plan, left, right, kind);
  }
}
