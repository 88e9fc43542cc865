package dev.millrace.internal.admin;

import dev.millrace.admin.DeletionPlan;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.ManifestProducer;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.util.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;

/**
 * The deletion of a job from its cluster, with its groups and all of its own topics.
 *
 * <p>The steps, each of which can be repeated:
 *
 * <pre>
 *   1  manifest: RESETTING                                   from here on nobody starts the job
 *   2  fence open transactions, delete the groups            this fails if somebody is in them
 *   3  delete shuffles, changelogs, lists of splits, status
 *   4  delete meta                                           the last thing to know of the job
 * </pre>
 *
 * <p>An interrupted deletion is completed by another one; a reset would bring the job back. A job
 * whose first start was interrupted has no manifest: then the topics are deleted that have a name
 * as only the job gives it.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobDeletion {

  /** The run of a job that has no manifest yet. */
  private static final String NO_RUN = "";

  private final Cluster cluster;
  private final JobNames names;
  private final JobRemains remains;

  JobDeletion(Cluster cluster, String job, Clock clock) {
    this.cluster = cluster;
    this.names = new JobNames(job);
    this.remains = new JobRemains(cluster, names, clock);
  }

  DeletionPlan plan() {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Optional<Manifest> manifest = manifest(meta);
      manifest.ifPresent(known -> remains.refuseMembers(known, "delete"));
      List<String> topics = new ArrayList<>(ownTopics(manifest));
      topics.add(names.statusTopic());
      topics.add(names.metaTopic());
      return new DeletionPlan(
          names.job(), run(manifest), topics, manifest.map(remains::groups).orElseGet(List::of));
    }
  }

  void execute(DeletionPlan plan) {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names);
        ManifestProducer fencing = ManifestProducer.open(cluster, names.job(), Set.of())) {
      Producer<byte[], byte[]> producer = fencing.producer();
      Optional<Manifest> manifest = manifest(meta);
      if (!run(manifest).equals(plan.run())) {
        throw new JobActiveException(
            "Cannot delete job '"
                + names.job()
                + "': it was started or reset since the deletion was planned. Plan it again");
      }
      manifest.ifPresent(
          known -> {
            remains.refuseMembers(known, "delete");
            if (known.phase() != Manifest.Phase.RESETTING) {
              producer.beginTransaction();
              producer.send(meta.record(known.resetting(known.starts())));
              producer.commitTransaction();
            }
            remains.deleteGroups(known);
          });
      remains.deleteTopics(ownTopics(manifest));
      remains.deleteTopics(List.of(names.statusTopic()));
      remains.deleteTopics(List.of(names.metaTopic()));
    } catch (KafkaException e) {
      RuntimeException explained =
          MissingRights.explained(
              e, "delete job '" + names.job() + "'", "WRITE", names.bootstrapId());
      if (explained != e) {
        throw explained;
      }
      throw new MillraceException(
          "Cannot delete job '"
              + names.job()
              + "': the deletion was interrupted ("
              + e.getMessage()
              + "). Run delete again, which completes it",
          e);
    }
  }

  /** {@return the manifest; empty if the job's first start was interrupted before it wrote one} */
  private Optional<Manifest> manifest(MetaTopic meta) {
    meta.refresh();
    if (meta.manifest().isEmpty() && !JobInspector.isBegun(cluster, names)) {
      throw JobInspector.noSuchJob(cluster, names);
    }
    return meta.manifest();
  }

  private static String run(Optional<Manifest> manifest) {
    return manifest.map(Manifest::run).orElse(NO_RUN);
  }

  /** {@return the job's shuffles, changelogs and lists of splits} */
  private List<String> ownTopics(Optional<Manifest> manifest) {
    return manifest
        .map(remains::topics)
        .orElseGet(
            () -> cluster.topics().names().stream().filter(names::isOfAStage).sorted().toList());
  }
}
