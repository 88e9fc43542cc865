package dev.millrace.internal.admin;

import dev.millrace.admin.InstanceState;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.meta.InstanceReport;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.util.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.internals.Topic;

/**
 * The groups, shuffles, changelogs and lists of splits that a stopped job keeps in its cluster:
 * both a reset and a deletion remove them.
 *
 * <p>Every step can be repeated.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobRemains {

  private final Cluster cluster;
  private final JobNames names;
  private final InstanceReports reports;
  private final AuxiliaryCalls calls;

  JobRemains(Cluster cluster, JobNames names, Clock clock) {
    this.cluster = cluster;
    this.names = names;
    this.reports = new InstanceReports(cluster, names, clock);
    this.calls = new AuxiliaryCalls(names.job(), clock);
  }

  /**
   * Checks that no instance of the job is running, or about to: one that still reads the tables
   * which it looks up is in no group yet.
   *
   * @param verb what is to be done, for the message
   * @throws JobActiveException if a stage's group has members, or an instance starts
   */
  void refuseMembers(Manifest manifest, String verb) {
    for (String stage : manifest.stages().keySet()) {
      int members = cluster.groups().activeMembers(names.group(stage)).size();
      if (members > 0) {
        throw new JobActiveException(
            "Cannot "
                + verb
                + " job '"
                + names.job()
                + "': stage '"
                + stage
                + "' has active members ("
                + members
                + " in group "
                + names.group(stage)
                + "). Stop all instances first; one that was killed counts as active until its group"
                + " misses it (MISSED AFTER in status)",
            Place.ofJob(names.job()).withStage(stage),
            null);
      }
    }
    for (InstanceReport report : reports.recent()) {
      if (reports.isAlive(report) && mayBeStarting(report)) {
        throw new JobActiveException(
            "Cannot "
                + verb
                + " job '"
                + names.job()
                + "': instance "
                + report.instance()
                + " is starting (process "
                + report.pid()
                + " on "
                + report.host()
                + "). Stop it first; one that was killed counts as starting for "
                + reports.silence().toSeconds()
                + " s after its last report");
      }
    }
  }

  /** One in a state that only later versions have may be in no group yet, too. */
  private static boolean mayBeStarting(InstanceReport report) {
    return report.knownState().orElse(InstanceState.STARTING) == InstanceState.STARTING;
  }

  /** {@return the names of the stages' groups} */
  List<String> groups(Manifest manifest) {
    Set<String> stages = new TreeSet<>(manifest.stages().keySet());
    stages.addAll(manifest.dropped().keySet());
    return stages.stream().map(names::group).toList();
  }

  /**
   * {@return the job's shuffles, changelogs and lists of splits, without its meta and status
   * topics; those of an interrupted change included}
   */
  List<String> topics(Manifest manifest) {
    Set<String> topics = new TreeSet<>(manifest.creating());
    Map<String, Manifest.Stage> stages = new TreeMap<>(manifest.dropped());
    stages.putAll(manifest.stages());
    stages.forEach((name, stage) -> topics.addAll(stage.ownTopics(names, name).keySet()));
    return new ArrayList<>(topics);
  }

  /**
   * Completes transactions over the groups' offsets that brokers have left without their ends:
   * while the job is down nobody else does, and the offsets stay unknown.
   */
  void completeOffsets(Manifest manifest) {
    Optional<Boolean> ignored =
        calls.ask(
            "complete transactions over offsets",
            () ->
                cluster
                    .transactions()
                    .complete(Set.of(Topic.GROUP_METADATA_TOPIC_NAME), names.ids(manifest)));
  }

  /** Fences open transactions of instances that died, and deletes the groups. */
  void deleteGroups(Manifest manifest) {
    Set<String> ignored =
        cluster
            .transactions()
            .fenceOpen(cluster.transactions().openIds(names.transactionalIdPrefix(manifest)));
    groups(manifest).forEach(cluster.groups()::delete);
  }

  /** Deletes topics and waits until they are gone. */
  void deleteTopics(List<String> topics) {
    cluster.topics().deleteTopics(topics);
    cluster.topics().awaitGone(topics);
  }
}
