package dev.millrace.runner.host;

import dev.millrace.metrics.JobMetrics;
import dev.millrace.metrics.StageCounters;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The measuring of an instance's pace from its counters.
 *
 * <p><b>Threads.</b> {@link #look} is confined to one thread; any may read {@link #activity}.
 */
final class ActivityMeter {

  private static final int LOOKS = 11;

  private record Look(long nanos, long records) {}

  private final Deque<Look> looks = new ArrayDeque<>();
  private volatile Activity activity = new Activity(OptionalDouble.empty(), 0, Optional.empty());

  /**
   * Takes the counters as they are now. They begin at zero when the job was stopped and is started
   * again in this process.
   */
  void look(JobMetrics metrics, long nanos, Instant now) {
    long records =
        metrics.sources().keySet().stream()
            .mapToLong(stage -> metrics.stage(stage).recordsIn())
            .sum();
    long commits = metrics.stages().values().stream().mapToLong(StageCounters::commits).sum();
    Activity before = activity;
    Look last = looks.peekLast();
    boolean beginsAnew = commits < before.commits() || (last != null && records < last.records());
    if (beginsAnew) {
      looks.clear();
    }
    looks.add(new Look(nanos, records));
    if (looks.size() > LOOKS) {
      looks.remove();
    }
    boolean hasCommitted = commits > (beginsAnew ? 0 : before.commits());
    activity = new Activity(rate(), commits, hasCommitted ? Optional.of(now) : before.lastCommit());
  }

  private OptionalDouble rate() {
    Look first = looks.getFirst();
    Look last = looks.getLast();
    long nanos = last.nanos() - first.nanos();
    return nanos <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((last.records() - first.records()) * 1e9 / nanos);
  }

  /** {@return the pace as of the last look} */
  Activity activity() {
    return activity;
  }
}
