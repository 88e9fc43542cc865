package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.DeletionPlan;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.GeneratorSource;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.JobActiveException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A job whose first start was broken off before its manifest was written can be deleted. */
final class JobDeletionTest {

  private static final String[] OF_OTHERS = {
    "words",
    "counts",
    "halves.errors",
    "halves-2.words.changelog",
    "halves.mine",
    "my.halves.splits"
  };

  private final SteppedCluster on =
      new SteppedCluster(JobConfig.defaults().with("startup.timeout", "5s"));
  private final SimClock clock = on.clock;
  private final SimKafka kafka = on.kafka;
  private final Cluster cluster = on.cluster;

  JobDeletionTest() {
    for (String topic : OF_OTHERS) {
      kafka.createTopic(topic, 1);
    }
  }

  private SteppedInstance start() {
    Job job = Job.named("halves");
    job.source(KafkaSource.strings("words"))
        .union(job.source(GeneratorSource.of(String.class, index -> "w" + index)))
        .keyBy(word -> word)
        .count()
        .to(KafkaSink.upsert("counts"));
    return on.start(job);
  }

  /** Topics are made, but nobody answers for the transaction that would write the manifest. */
  private void breakOffFirstStart() {
    kafka.injectFaults(
        new ClusterFaults() {
          @Override
          public boolean isCoordinatorMoving(String id) {
            return id.equals("halves-bootstrap");
          }
        });
    assertThatThrownBy(this::start).isInstanceOf(KafkaUnreachableException.class);
    kafka.injectFaults(ClusterFaults.NEVER);
  }

  @Test
  void whatABrokenFirstStartHasLeftIsPlannedAndDeleted() {
    breakOffFirstStart();
    List<String> left = cluster.topics().names().stream().sorted().toList();
    assertThatThrownBy(() -> new JobInspector(cluster, clock).status("halves"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("its first start has not set it up yet, or was interrupted");

    JobDeletion deletion = new JobDeletion(cluster, "halves", clock);
    DeletionPlan plan = deletion.plan();
    assertThat(plan.topics())
        .endsWith("halves.status", "halves.meta")
        .anyMatch(topic -> topic.endsWith(".shuffle"))
        .anyMatch(topic -> topic.endsWith(".changelog"))
        .anyMatch(topic -> topic.endsWith(".splits"))
        .doesNotContain(OF_OTHERS);
    assertThat(left).hasSize(plan.topics().size() + OF_OTHERS.length);

    deletion.execute(plan);
    assertThat(cluster.topics().names()).containsExactlyInAnyOrder(OF_OTHERS);
    assertThatThrownBy(deletion::plan)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no job of that name");
  }

  @Test
  void aJobThatHasStartedSinceIsNotDeletedByThePlanOfItsRest() {
    breakOffFirstStart();
    JobDeletion deletion = new JobDeletion(cluster, "halves", clock);
    DeletionPlan plan = deletion.plan();
    start();
    assertThatThrownBy(() -> deletion.execute(plan))
        .isInstanceOf(JobActiveException.class)
        .hasMessageContaining("Plan it again");
  }

  @Test
  void topicsThatOnlyLookLikeAJobsAreNone() {
    kafka.createTopic("mine.meta", 1);
    assertThatThrownBy(() -> new JobDeletion(cluster, "mine", clock).plan())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no job of that name");
  }
}
