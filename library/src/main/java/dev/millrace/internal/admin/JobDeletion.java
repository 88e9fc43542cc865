package dev.millrace.internal.admin;

import dev.millrace.admin.DeletionPlan;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import java.util.ArrayList;
import java.util.List;
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
 * <p>An interrupted deletion is completed by another one; a reset would bring the job back.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class JobDeletion {

  private final Cluster cluster;
  private final JobNames names;
  private final JobRemains remains;

  JobDeletion(Cluster cluster, String job) {
    this.cluster = cluster;
    this.names = new JobNames(job);
    this.remains = new JobRemains(cluster, names);
  }

  DeletionPlan plan() {
    try (MetaTopic meta = JobInspector.openMeta(cluster, names)) {
      Manifest manifest = manifest(meta);
      remains.refuseMembers(manifest, "delete");
      List<String> topics = new ArrayList<>(remains.topics(manifest));
      topics.add(names.statusTopic());
      topics.add(names.metaTopic());
      return new DeletionPlan(names.job(), manifest.run(), topics, remains.groups(manifest));
    }
  }

  void execute(DeletionPlan plan) {
    String id = names.job() + "-bootstrap";
    try (MetaTopic meta = JobInspector.openMeta(cluster, names);
        Producer<byte[], byte[]> producer = cluster.clients().transactionalProducer(id, id)) {
      producer.initTransactions();
      Manifest manifest = manifest(meta);
      if (!manifest.run().equals(plan.run())) {
        throw new JobActiveException(
            "Cannot delete job '"
                + names.job()
                + "': it was started or reset since the deletion was planned. Plan it again");
      }
      remains.refuseMembers(manifest, "delete");
      if (manifest.phase() != Manifest.Phase.RESETTING) {
        producer.beginTransaction();
        producer.send(meta.record(manifest.resetting(manifest.starts())));
        producer.commitTransaction();
      }
      remains.deleteGroups(manifest);
      remains.deleteTopics(remains.topics(manifest));
      remains.deleteTopics(List.of(names.statusTopic()));
      remains.deleteTopics(List.of(names.metaTopic()));
    } catch (KafkaException e) {
      throw new MillraceException(
          "Cannot delete job '"
              + names.job()
              + "': the deletion was broken off ("
              + e.getMessage()
              + "). Run delete again, which completes it",
          e);
    }
  }

  private Manifest manifest(MetaTopic meta) {
    meta.refresh();
    return meta.manifest().orElseThrow(() -> JobInspector.noSuchJob(cluster, names));
  }
}
