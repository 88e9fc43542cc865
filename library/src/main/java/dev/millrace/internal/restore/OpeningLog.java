package dev.millrace.internal.restore;

import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of tasks that take long to open: which of them wait, and what for.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class OpeningLog {

  private static final Logger LOGGER = LoggerFactory.getLogger(OpeningLog.class);
  private static final long BETWEEN_LINES_NANOS = Duration.ofSeconds(30).toNanos();

  /** The events that a task may wait for. */
  enum Awaited {
    OFFSETS("the group's coordinator to answer with its offsets"),
    DECISION("a transaction over its offsets to be decided"),
    FIRST_OFFSETS("offsets, of which the coordinator knows none"),
    LOCAL_STATE("its local state, which somebody else on this machine holds"),
    CHANGELOG("its changelog to be replayed");

    private final String text;

    Awaited(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  private final String stage;
  private final Clock clock;
  private final Map<Integer, Awaited> awaited = new TreeMap<>();
  private long loggedNanos;

  OpeningLog(String stage, Clock clock) {
    this.stage = stage;
    this.clock = clock;
  }

  /** Notes that a task waits for something, from now on or still. */
  void waits(int task, Awaited what) {
    if (awaited.isEmpty()) {
      loggedNanos = clock.nanos();
    }
    awaited.put(task, what);
  }

  /** Notes that a task is open, or is not to be opened any more. */
  void forget(int task) {
    awaited.remove(task);
  }

  /** Logs twice a minute which tasks wait, for as long as any do. */
  void reportIfDue(long remainingRecords) {
    long now = clock.nanos();
    if (awaited.isEmpty() || now - loggedNanos < BETWEEN_LINES_NANOS) {
      return;
    }
    loggedNanos = now;
    boolean replayed = awaited.values().stream().allMatch(each -> each == Awaited.CHANGELOG);
    (replayed ? LOGGER.atInfo() : LOGGER.atWarn())
        .addKeyValue("stage", stage)
        .addKeyValue("tasks", awaited)
        .addKeyValue("changelogRecordsLeft", remainingRecords)
        .log("Tasks are not open yet; they wait");
  }
}
