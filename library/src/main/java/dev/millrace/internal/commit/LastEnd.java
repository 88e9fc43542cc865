package dev.millrace.internal.commit;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

/**
 * The end of a producer's last transaction: whether all of its partitions have got it.
 *
 * <p>A broker that goes away may take a partition's leader with it, and then the coordinator leaves
 * the end out there (KAFKA-20734). The producer's next transaction in that partition would decide
 * on the records of both, so that aborted records would be committed, or committed ones lost. So
 * nothing begins until it is known that nothing is missing, if the last transaction was aborted at
 * a time when that could not be found out, or if a connection was closed since: those to brokers
 * that go away are. Then, and when a producer is new, it is also looked what others have left.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class LastEnd {

  private static final String CLOSED = "connection-close-total";
  private static final String OPEN = "connection-count";
  private static final String GROUP = "producer-metrics";
  private static final long FIRST_PAUSE_MS = 10;
  private static final long PATIENCE_NANOS = Duration.ofMillis(300).toNanos();
  private static final long BETWEEN_LOOKS_NANOS = Duration.ofSeconds(1).toNanos();

  private final TransactionEnds ends;
  private final Clock clock;

  /** How many connections were closed, and how many are open; none with a producer of tests. */
  private List<Metric> closed = List.of();

  private List<Metric> open = List.of();
  private double closedBefore;
  private boolean inDoubt;
  private boolean aborted;
  private boolean othersInDoubt;
  private long triedNanos = Long.MIN_VALUE;

  LastEnd(TransactionEnds ends, Clock clock) {
    this.ends = ends;
    this.clock = clock;
  }

  /** {@return whether the id may be initialised, which ends what is open} */
  boolean mayBeInitialised() {
    return ends.settleLast();
  }

  /** Notes that a new producer has ended all that the one before it had begun. */
  void initialised(Map<MetricName, ? extends Metric> metrics) {
    closed = named(CLOSED, metrics);
    open = named(OPEN, metrics);
    closedBefore = sum(closed);
    inDoubt = false;
    aborted = false;
    ends.beginsAnew();
    othersInDoubt = !ends.settleOthers();
  }

  private static List<Metric> named(String name, Map<MetricName, ? extends Metric> metrics) {
    return metrics.values().stream()
        .filter(each -> each.metricName().name().equals(name))
        .filter(each -> each.metricName().group().equals(GROUP))
        .<Metric>map(each -> each)
        .toList();
  }

  private static double sum(List<Metric> metrics) {
    double sum = 0;
    for (Metric each : metrics) {
      sum += each.metricValue() instanceof Number number ? number.doubleValue() : 0;
    }
    return sum;
  }

  /** Notes a commit. */
  void committed() {
    ends.committed();
  }

  /** Notes an abort, and looks whether it is complete. */
  void aborted() {
    aborted = true;
    boolean ignored = look();
  }

  /**
   * {@return whether it is known to be complete; looks if there is a reason to doubt it} It waits a
   * little for ends that are only on their way: to give up is to repeat work.
   */
  boolean isComplete() {
    if (!isDoubtful()) {
      return true;
    }
    long begun = clock.nanos();
    boolean complete = look();
    for (long pauseMs = FIRST_PAUSE_MS;
        !complete && clock.nanos() - begun < PATIENCE_NANOS;
        pauseMs *= 2) {
      clock.sleepMs(pauseMs);
      complete = look();
    }
    return complete;
  }

  private boolean isDoubtful() {
    return inDoubt || sum(closed) != closedBefore;
  }

  private boolean look() {
    double closedNow = sum(closed);
    boolean lostConnection = closedNow != closedBefore;
    inDoubt = true;
    inDoubt = !ends.settleLast();
    if (inDoubt) {
      return false;
    }
    if (aborted) {
      ends.beginsAnew();
      aborted = false;
    }
    closedBefore = closedNow;
    othersInDoubt |= lostConnection;
    return true;
  }

  /** Looks if there is a reason to doubt it and a broker is there, but not all the time. */
  void lookWhenIdle() {
    if (!isDoubtful() && !othersInDoubt || !open.isEmpty() && sum(open) == 0) {
      return;
    }
    long now = clock.nanos();
    if (triedNanos != Long.MIN_VALUE && now - triedNanos < BETWEEN_LOOKS_NANOS) {
      return;
    }
    if ((!isDoubtful() || look()) && othersInDoubt) {
      othersInDoubt = !ends.settleOthers();
    }
    triedNanos = clock.nanos();
  }
}
