package dev.millrace.internal.restore;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The time for which the group's coordinator has been giving the same answer about a task.
 *
 * <p>Only time between two answers that follow each other counts. An outage does not count: its
 * length does not show what the cluster will answer afterwards. Nor does time in which this process
 * was suspended: of the time between two answers, no more than a fixed maximum counts.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class AnswerClock {

  private record Span(long lastNanos, long totalNanos, boolean broken) {}

  private final long longestNanos;
  private final Map<Integer, Span> spans = new HashMap<>();

  /**
   * Creates a clock that has timed nothing.
   *
   * @param longestNanos the most that counts of the time between two answers
   */
  AnswerClock(long longestNanos) {
    this.longestNanos = longestNanos;
  }

  /**
   * Notes an answer about a task; if it differs from the one that is timed, the time starts over.
   */
  void answered(int task, boolean same, long nowNanos) {
    if (!same) {
      spans.remove(task);
      return;
    }
    spans.compute(
        task,
        (number, span) -> {
          long before = span == null ? 0 : span.totalNanos();
          long since =
              span == null || span.broken()
                  ? 0
                  : Math.min(nowNanos - span.lastNanos(), longestNanos);
          return new Span(nowNanos, before + since, false);
        });
  }

  /** Notes that a question about a task had no answer: the time up to the next one is lost. */
  void unanswered(int task) {
    spans.computeIfPresent(
        task, (number, span) -> new Span(span.lastNanos(), span.totalNanos(), true));
  }

  /** Forgets a task. */
  void forget(int task) {
    spans.remove(task);
  }

  /** {@return for how long the answer about a task has been the same} */
  long nanos(int task) {
    Span span = spans.get(task);
    return span == null ? 0 : span.totalNanos();
  }

  /** {@return those tasks about which the answer has been the same for longer than that} */
  Set<Integer> longerThan(Collection<Integer> tasks, long nanos) {
    Set<Integer> found = new TreeSet<>();
    for (int task : tasks) {
      if (nanos(task) > nanos) {
        found.add(task);
      }
    }
    return found;
  }
}
