package dev.millrace.internal.deploy;

import dev.millrace.error.JobActiveException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.GroupSessions;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other copies of a job that run, as its groups have them.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 *
 * @param groups the groups of all stages, those included that only the others have
 */
public record OtherCopies(Cluster cluster, String job, List<String> groups, Clock clock) {

  private static final Logger LOGGER = LoggerFactory.getLogger(OtherCopies.class);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How much longer than its session it may take until a copy that was killed is missed. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private static final long POLL_MS = 500;

  /** {@return the members of the job's groups} */
  Set<String> members() {
    Set<String> members = new TreeSet<>();
    for (String group : groups) {
      cluster
          .groups()
          .activeMembers(group)
          .forEach(member -> members.add(member.clientId() + " on " + member.host()));
    }
    return members;
  }

  /**
   * Waits until they are gone, and returns for how long, in nanoseconds.
   *
   * @param difference how this version differs from them
   * @param consequence what comes of it, after the names of the copies
   * @param settled whether they are copies of this version by now, since another copy of it has
   *     made the job its own; asked now and then
   * @throws JobActiveException if they go on running
   */
  long awaitGone(String difference, String consequence, BooleanSupplier settled) {
    Set<String> others = members();
    if (others.isEmpty()) {
      return 0;
    }
    Duration session =
        new GroupSessions(cluster.clients(), cluster.config(), job, clock).present(groups);
    Duration untilMissed = session.plus(MARGIN);
    Duration patience = untilMissed.compareTo(PATIENCE) > 0 ? untilMissed : PATIENCE;
    LOGGER
        .atInfo()
        .addKeyValue("job", job)
        .addKeyValue("members", others)
        .addKeyValue("atMost", patience)
        .log("Waiting for the copies of another version to stop");
    long begun = clock.nanos();
    while (!others.isEmpty() && !settled.getAsBoolean()) {
      if (clock.nanos() - begun > patience.toNanos()) {
        throw new JobActiveException(
            "Cannot run job '"
                + job
                + "': this version "
                + difference
                + " than the copies that run ("
                + String.join(", ", others)
                + ")"
                + consequence
                + ". Stop all copies of the other version, then start this one; a copy that was"
                + " killed counts as running until its group misses it, which takes "
                + session.toSeconds()
                + " s");
      }
      clock.sleepMs(POLL_MS);
      others = members();
    }
    return clock.nanos() - begun;
  }
}
