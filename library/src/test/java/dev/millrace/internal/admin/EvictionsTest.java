package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.Eviction;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.sim.ClusterFaults;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.LosesOnce;
import dev.millrace.internal.sim.SimClients;
import dev.millrace.internal.sim.SimDeath;
import dev.millrace.internal.sim.WithoutLeader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** The eviction of an instance that died amid a transaction, and what else ends such ones. */
final class EvictionsTest {

  private final SteppedCluster on =
      new SteppedCluster(
          // So that the brokers' own abort does not come first.
          JobConfig.defaults().with("transaction.timeout", "5m"));

  EvictionsTest() {
    on.kafka.createTopic("lines", 1);
    on.kafka.createTopic("out", 1);
  }

  /** {@return the transactional id of a worker that was killed just before a commit} */
  private String killed() {
    kill(CommitFault.DEATH_BEFORE, ClusterFaults.NEVER);
    Set<String> open = on.cluster.transactions().openIds("job-");
    assertThat(open).hasSize(1);
    return open.iterator().next();
  }

  private void kill(CommitFault how, ClusterFaults amid) {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("lines")).to(KafkaSink.strings("out"));
    SimClients process = on.kafka.connect(on.config);
    SteppedInstance instance = on.start(job, on.config, process);
    on.work(instance);
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      producer.send(new ProducerRecord<>("lines", "a".getBytes(StandardCharsets.UTF_8)));
    }
    on.kafka.injectFaults((CommitFaults) id -> how);
    on.kafka.injectFaults(amid);
    assertThatThrownBy(() -> on.work(instance)).isInstanceOf(SimDeath.class);
    on.kafka.injectFaults(CommitFaults.NEVER);
    on.kafka.injectFaults(ClusterFaults.NEVER);
    process.kill();
  }

  private static String instanceOf(String transactionalId) {
    return transactionalId.split("-")[2];
  }

  private void leaveWithoutLeaderFor(Duration time) {
    long until = on.clock.nanos() + time.toNanos();
    on.kafka.injectFaults(
        new WithoutLeader(
            partition -> partition.topic().equals("out") && on.clock.nanos() < until));
  }

  private void assertNothingIsUndecided() {
    assertThat(on.kafka.lostMarkers()).isZero();
    assertThat(on.kafka.undecided()).isEmpty();
  }

  @Test
  void nobodyIsFencedWhileHisTransactionWouldLoseAMarker() {
    String dead = killed();
    leaveWithoutLeaderFor(Duration.ofSeconds(3));
    Eviction eviction = on.admin.evict("job", instanceOf(dead));
    assertThat(eviction.fenced()).containsExactly(dead);
    assertNothingIsUndecided();
  }

  @Test
  void anEvictionThatCannotEndATransactionSaysSoAndCanBeRepeated() {
    String dead = killed();
    leaveWithoutLeaderFor(Duration.ofMinutes(1));
    assertThatThrownBy(() -> on.admin.evict("job", instanceOf(dead)))
        .isInstanceOf(MillraceException.class)
        .hasMessageContaining(dead)
        .hasMessageContaining("no leader");
    assertThat(on.kafka.lostMarkers()).isZero();
    on.kafka.injectFaults(ClusterFaults.NEVER);
    assertThat(on.admin.evict("job", instanceOf(dead)).fenced()).containsExactly(dead);
    assertNothingIsUndecided();
  }

  /**
   * While the job is down nobody else looks, and the offsets that a reset is about stay unknown.
   */
  @Test
  void aResetIsPlannedAlthoughOffsetsLackTheEndOfTheirTransaction() {
    kill(CommitFault.DEATH_AFTER, new LosesOnce("__consumer_offsets"));
    assertThat(on.kafka.lostMarkers()).isEqualTo(1);
    ResetPlan plan = on.admin.planReset("job", ResetRequest.to(new ResetTarget.Current()));
    assertThat(plan.moves()).singleElement().satisfies(move -> assertThat(move.to()).isEqualTo(1));
  }

  @Test
  void aDeletionWaitsForLeadersToo() {
    String dead = killed();
    leaveWithoutLeaderFor(Duration.ofSeconds(3));
    on.admin.delete(on.admin.planDeletion("job"));
    assertThat(on.cluster.transactions().openIds(dead)).isEmpty();
    assertNothingIsUndecided();
  }
}
