package dev.millrace.internal.admin;

import dev.millrace.admin.InstanceState;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.meta.InstanceReport;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.RecordJson;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The reports of a job's instances about themselves, as its status topic has them.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class InstanceReports {

  private static final Duration SILENCE = Duration.ofSeconds(10);

  /**
   * How long reports are shown: an instance that was killed leaves its last one, which is soon of
   * no use.
   */
  private static final Duration MEMORY = Duration.ofHours(1);

  private static final Set<InstanceState> ENDED =
      Set.of(InstanceState.STOPPED, InstanceState.FINISHED, InstanceState.FAILED);

  private final Cluster cluster;
  private final JobNames names;
  private final Clock clock;

  InstanceReports(Cluster cluster, JobNames names, Clock clock) {
    this.cluster = cluster;
    this.names = names;
    this.clock = clock;
  }

  /** {@return the last report of each instance that has not left in good order, by its name} */
  List<InstanceReport> recent() {
    if (cluster.topics().describe(List.of(names.statusTopic())).isEmpty()) {
      return List.of();
    }
    return TopicScan.lastValues(cluster, names.statusTopic()).values().stream()
        .map(bytes -> RecordJson.read(bytes, InstanceReport.class))
        .filter(report -> clock.wallMs() - report.atMs() < MEMORY.toMillis())
        .sorted(Comparator.comparing(InstanceReport::instance))
        .toList();
  }

  /** {@return whether a report is recent, and not of an end} */
  boolean isAlive(InstanceReport report) {
    return !isOfEnd(report) && clock.wallMs() - report.atMs() <= silence().toMillis();
  }

  /** A state that only later versions have is one of an end if there is what caused that. */
  private static boolean isOfEnd(InstanceReport report) {
    return report.knownState().map(ENDED::contains).orElseGet(() -> !report.error().isEmpty());
  }

  /** {@return how long an instance that is alive may not have reported} */
  Duration silence() {
    Duration ofThree = cluster.config().statusInterval().multipliedBy(3);
    return ofThree.compareTo(SILENCE) > 0 ? ofThree : SILENCE;
  }
}
