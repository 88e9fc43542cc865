package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.window.WindowSpec;
import java.lang.reflect.Type;
import java.time.Duration;

/**
 * A join of two streams by key, whose bounds in time are still to be named: what waits for a match
 * has to go at some time.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <K> the keys
 * @param <L> the values of the left stream
 * @param <R> the values of the right stream
 */
@SuppressWarnings("UnusedTypeParameter") // shows what the streams are joined by
public final class KeyedStreamJoin<K, L, R> {

  private final PlanBuilder plan;
  private final int left;
  private final int right;

  KeyedStreamJoin(PlanBuilder plan, int left, int right) {
    this.plan = plan;
    this.left = left;
    this.right = right;
    Type leftKey = NodeTypes.keyOf(plan, left);
    Type rightKey = NodeTypes.keyOf(plan, right);
    if (!leftKey.equals(rightKey)) {
      throw new ConfigurationException(
          "Cannot join on keys of different types ("
              + leftKey.getTypeName()
              + ", "
              + rightKey.getTypeName()
              + "): equal ones would not meet. Write key functions of one type, or"
              + " on(TheKey.class, ...)");
    }
  }

  /**
   * Sets how many tasks serve the join: the most that can ever work on it at the same time. It is
   * about the keyed streams that meet in it.
   *
   * @param tasks 1 to 10,000
   */
  public KeyedStreamJoin<K, L, R> parallelism(int tasks) {
    StepChecks.checkParallelism(tasks);
    plan.change(left, node -> node.parallel(tasks));
    plan.change(right, node -> node.parallel(tasks));
    return this;
  }

  /**
   * {@return the join of pairs whose right time is in {@code [left + lower, left + upper]}, both
   * ends included}
   *
   * <pre>{@code
   * .within(Duration.ZERO, Duration.ofHours(1))          // payments up to an hour after the order
   * .within(Duration.ofMinutes(-5), Duration.ofMinutes(5)) // five minutes before or after
   * }</pre>
   *
   * @param lower whole milliseconds, negative if the right may come before the left
   * @param upper whole milliseconds, not below the lower bound
   */
  public BoundedStreamJoin<L, R> within(Duration lower, Duration upper) {
    String cannot = "Cannot join within an interval";
    long lowerMs = Arguments.signedMs(cannot, "lower bound", lower);
    long upperMs = Arguments.signedMs(cannot, "upper bound", upper);
    if (lowerMs > upperMs) {
      throw new ConfigurationException(
          cannot
              + ": its lower bound is above the upper one ("
              + lower
              + ", "
              + upper
              + "). Name the lower bound first");
    }
    return new BoundedStreamJoin<>(plan, left, right, new JoinBounds.Interval(lowerMs, upperMs));
  }

  /**
   * {@return the join of pairs that are in the same window; in windows that overlap, of each pair
   * once for every window that they share}
   *
   * <p>Results have the time of their window, the last millisecond of it. They are emitted as soon
   * as both records are there; those of a session when it is final, since until then another record
   * may merge it with the next.
   *
   * @param window tumbling, sliding, hopping, cumulative or calendar windows in event time, or
   *     sessions, which are formed over the records of both sides
   */
  public BoundedStreamJoin<L, R> within(WindowSpec<Object> window) {
    String cannot = "Cannot join within windows";
    WindowKind kind = JoinWindows.inEventTime(cannot, Arguments.given(cannot, "window", window));
    return new BoundedStreamJoin<>(plan, left, right, new JoinBounds.SameWindow(kind));
  }
}
