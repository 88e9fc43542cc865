package dev.millrace.internal.launch;

import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.plan.PhysicalPlan;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The sources that are held back here, and the stages that they wait for.
 *
 * <p>That is how a job with much to do goes on, so what is logged is only what lasts: a source that
 * has been held back for a minute, and then once in an hour. If no copy runs the stage that it
 * waits for, it waits for good.
 *
 * <p><b>Threads.</b> Confined to the instance's care thread.
 */
final class HeldSources {

  static final Duration PATIENCE = Duration.ofMinutes(1);
  static final Duration INTERVAL = Duration.ofHours(1);

  private static final Logger LOGGER = LoggerFactory.getLogger(HeldSources.class);

  private final PhysicalPlan plan;
  private final Cluster cluster;
  private final AuxiliaryCalls calls;
  private final Map<String, Held> held = new HashMap<>();

  private record Held(Backlog.Unread by, long sinceNanos, long reportAtNanos) {}

  HeldSources(PhysicalPlan plan, Cluster cluster, AuxiliaryCalls calls) {
    this.plan = plan;
    this.cluster = cluster;
    this.calls = calls;
  }

  /** Notes that a source is held back, and where most is unread of what it has sent. */
  void held(String source, Backlog.Unread by, long nowNanos) {
    Held before = held.get(source);
    long since = before == null ? nowNanos : before.sinceNanos();
    long reportAt = before == null ? since + PATIENCE.toNanos() : before.reportAtNanos();
    if (nowNanos - reportAt >= 0) {
      report(source, by, Duration.ofNanos(nowNanos - since));
      reportAt = nowNanos + INTERVAL.toNanos();
    }
    held.put(source, new Held(by, since, reportAt));
  }

  /** Notes that a source goes on. */
  void released(String source) {
    held.remove(source);
  }

  /** {@return whether any source is held back} */
  boolean areAny() {
    return !held.isEmpty();
  }

  /** {@return the stage that a source waits for; empty if it is not held back} */
  Optional<String> heldBackBy(String source) {
    return Optional.ofNullable(held.get(source)).map(known -> known.by().reader());
  }

  private void report(String source, Backlog.Unread by, Duration since) {
    String group = plan.group(plan.stage(by.reader()));
    // Without an answer it is not known whether anybody runs the stage.
    int members =
        calls
            .ask("look for copies that run a stage", () -> cluster.groups().activeMembers(group))
            .map(found -> found.size())
            .orElse(1);
    LOGGER
        .atLevel(members == 0 ? Level.WARN : Level.INFO)
        .addKeyValue("job", plan.job())
        .addKeyValue("source", source)
        .addKeyValue("stage", by.reader())
        .addKeyValue("topic", by.topic())
        .addKeyValue("unreadFrames", by.frames())
        .addKeyValue("since", since)
        .log(
            members == 0
                ? "A source is held back for a stage that no copy runs, and waits until one does."
                    + " Start one; the setting stages of those that run leaves it out"
                : "A source has been held back for long: a later stage does not keep up with it");
  }
}
