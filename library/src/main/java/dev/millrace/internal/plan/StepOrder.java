package dev.millrace.internal.plan;

import dev.millrace.internal.util.Saturating;
import java.util.List;

/**
 * The order of a stage's keyed operators in time. One that follows others in the stage gets what
 * they hold back until the commit only then, so its time is one commit later than theirs: it is on
 * the level after theirs. And their results can be older than their time, by which its time has to
 * be held back.
 *
 * <p><b>Threads.</b> Immutable.
 */
public final class StepOrder {

  private final int[] levels;
  private final long[] delaysMs;
  private int levelCount = 1;
  private long holdsBackMs;

  private StepOrder(int steps) {
    levels = new int[steps];
    delaysMs = new long[steps];
  }

  /** {@return the order of steps of which each comes after all its targets} */
  public static StepOrder of(List<Step> steps) {
    StepOrder order = new StepOrder(steps.size());
    for (int i = steps.size() - 1; i >= 0; i--) {
      order.pass(i, steps.get(i));
    }
    return order;
  }

  /** Passes on to a step's targets where it stands; all steps that feed it are done. */
  private void pass(int index, Step step) {
    boolean isKeyed = step.operator() instanceof StageOperator.Keyed;
    int level = levels[index] + (isKeyed ? 1 : 0);
    long delayMs = Saturating.add(delaysMs[index], step.operator().holdsBackMs());
    levelCount = Math.max(levelCount, level);
    holdsBackMs = Math.max(holdsBackMs, delayMs);
    step.forEachTarget(
        target -> {
          int next = indexOf(target);
          if (next >= 0) {
            levels[next] = Math.max(levels[next], level);
            delaysMs[next] = Math.max(delaysMs[next], delayMs);
          }
        });
  }

  private static int indexOf(Target target) {
    if (target instanceof Target.ToKeyedStep keyed) {
      return keyed.step().index();
    }
    return target instanceof Target.ToStep step ? step.index() : -1;
  }

  /** {@return how many keyed operators come before a step, on the longest way through the stage} */
  public int level(int step) {
    return levels[step];
  }

  /** {@return how many levels of keyed operators there are, at least 1} */
  public int levels() {
    return levelCount;
  }

  /** {@return by how much what arrives at a step can be older than the stage's watermark} */
  public long delayMs(int step) {
    return delaysMs[step];
  }

  /** {@return by how much the stage's results can be older than its watermark} */
  public long holdsBackMs() {
    return holdsBackMs;
  }
}
