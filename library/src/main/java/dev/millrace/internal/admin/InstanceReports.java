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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The reports of a job's instances about themselves, as its status topic has them.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class InstanceReports {

  private static final Logger LOGGER = LoggerFactory.getLogger(InstanceReports.class);
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
    return TopicScan.lastValues(cluster, names.statusTopic()).entrySet().stream()
        .flatMap(each -> read(each.getKey(), each.getValue()).stream())
        .filter(report -> clock.wallMs() - report.atMs() < MEMORY.toMillis())
        .sorted(Comparator.comparing(InstanceReport::instance))
        .toList();
  }

  /** {@return a report; empty if it is none, which must not hide the others and the job itself} */
  private Optional<InstanceReport> read(String key, byte[] json) {
    try {
      InstanceReport report = RecordJson.read(json, InstanceReport.class);
      if (isWhole(report)) {
        return Optional.of(report);
      }
      LOGGER.debug("Record {} of topic {} is a part of a report", key, names.statusTopic());
    } catch (JacksonException e) {
      LOGGER.debug("Record {} of topic {} is no report", key, names.statusTopic(), e);
    }
    return Optional.empty();
  }

  /** Whether it has what all versions report: what is missing in the JSON is null. */
  private static boolean isWhole(InstanceReport report) {
    return Stream.of(report.instance(), report.host(), report.error(), report.stages())
            .noneMatch(Objects::isNull)
        && report.stages().values().stream()
            .allMatch(stage -> stage != null && stage.tasks() != null && stage.opening() != null);
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
