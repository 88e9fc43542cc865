package dev.millrace.runner.http;

import dev.millrace.admin.CommitPace;
import dev.millrace.admin.JobStatus;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.NoStatusException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The age that an answer about state may have if the caller names none.
 *
 * <p>A second, so that many who ask do not make the job commit for each of them. A stage whose
 * sinks want rare commits would keep people waiting for the next: there it is the last commit that
 * they get, and the answer shows as of when.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class UsualAge {

  private static final Duration USUAL = Duration.ofSeconds(1);
  private static final Duration MOST = Duration.ofMinutes(10);
  private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The ages of stages whose is another, and when they were looked at. */
  private record Seen(Map<String, Duration> ages, long atNanos) {}

  private final HostedJob job;
  private volatile Seen seen = new Seen(Map.of(), System.nanoTime() - KEPT_NANOS);

  UsualAge(HostedJob job) {
    this.job = job;
  }

  /** {@return the age for a stage} */
  Duration of(String stage) {
    Seen last = seen;
    if (System.nanoTime() - last.atNanos() >= KEPT_NANOS) {
      last = new Seen(look(last.ages()), System.nanoTime());
      seen = last;
    }
    return last.ages().getOrDefault(stage, USUAL);
  }

  private Map<String, Duration> look(Map<String, Duration> before) {
    try {
      Map<String, Duration> ages = new HashMap<>();
      for (JobStatus.Stage stage : job.status().status().stages()) {
        stage
            .pace()
            .filter(pace -> pace.reason() == CommitPace.Reason.SINK)
            .ifPresent(pace -> ages.put(stage.name(), age(pace)));
      }
      return ages;
    } catch (NoStatusException e) {
      return before;
    }
  }

  /** Two intervals: that of the last commit, and that of the one which is due. */
  private static Duration age(CommitPace pace) {
    Duration age = USUAL.plus(pace.interval().multipliedBy(2));
    return age.compareTo(MOST) < 0 ? age : MOST;
  }
}
