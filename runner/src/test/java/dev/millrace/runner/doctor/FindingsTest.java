package dev.millrace.runner.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobSummary;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.doctor.ClusterExamination.Features;
import dev.millrace.runner.doctor.Finding.Level;
import dev.millrace.runner.doctor.TopicExamination.Facts;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.Test;

/** What the doctor makes of what it sees. */
final class FindingsTest {

  private static final long GB = 1L << 30;

  private static final Set<AclOperation> ALL =
      EnumSet.of(
          AclOperation.READ,
          AclOperation.WRITE,
          AclOperation.CREATE,
          AclOperation.DELETE,
          AclOperation.ALTER,
          AclOperation.DESCRIBE_CONFIGS);

  private static Facts topic(int replicas, int inSync, int minInSync) {
    return new Facts("t", replicas, inSync, minInSync, 0, Optional.of(ALL));
  }

  private static Level level(List<Finding> findings) {
    return findings.stream().map(Finding::level).max(Enum::compareTo).orElseThrow();
  }

  private static Level replication(Facts topic) {
    return level(TopicExamination.replication("topics", List.of(topic)));
  }

  @Test
  void topicsAreToOutliveABroker() {
    assertThat(replication(topic(3, 3, 2))).isEqualTo(Level.OK);
    assertThat(replication(topic(3, 2, 2))).as("one is away").isEqualTo(Level.OK);
    assertThat(replication(topic(3, 3, 1))).isEqualTo(Level.WARN);
    assertThat(replication(topic(3, 3, 3))).isEqualTo(Level.WARN);
    assertThat(replication(topic(2, 2, 1))).isEqualTo(Level.WARN);
    assertThat(replication(topic(1, 1, 1))).isEqualTo(Level.WARN);
    assertThat(replication(topic(3, 3, 0))).as("no right to read it").isEqualTo(Level.WARN);
    assertThat(replication(topic(3, 1, 2))).isEqualTo(Level.FAIL);
    assertThat(replication(new Facts("t", 3, 2, 2, 1, Optional.empty()))).isEqualTo(Level.FAIL);
  }

  @Test
  void missingRightsComeWithTheCommandThatGrantsThem() {
    Set<AclOperation> reading = EnumSet.of(AclOperation.READ, AclOperation.DESCRIBE_CONFIGS);
    List<Finding> own =
        RightsExamination.ofOwn(List.of(new Facts("t", 3, 3, 2, 0, Optional.of(reading))));
    assertThat(own).extracting(Finding::level).containsExactly(Level.FAIL, Level.WARN);
    assertThat(own.get(0).advice())
        .isEqualTo(
            "kafka-acls.sh --add --allow-principal User:NAME --operation WRITE --operation CREATE"
                + " --topic t");
    assertThat(RightsExamination.ofOwn(List.of(topic(3, 3, 2)))).isEmpty();
    Facts unreadable = new Facts("t", 3, 3, 2, 0, Optional.of(Set.of()));
    assertThat(level(RightsExamination.ofInputs(List.of(unreadable)))).isEqualTo(Level.FAIL);
    assertThat(level(RightsExamination.ofOffsets(List.of(unreadable)))).isEqualTo(Level.WARN);
    Facts unknown = new Facts("t", 3, 3, 2, 0, Optional.empty());
    assertThat(RightsExamination.ofInputs(List.of(unknown))).isEmpty();
  }

  @Test
  void theRightToEndTransactionsIsWantedOfTheCluster() {
    assertThat(RightsExamination.ofCluster(Optional.empty())).as("not known").isEmpty();
    for (AclOperation operation : List.of(AclOperation.ALTER, AclOperation.CLUSTER_ACTION)) {
      assertThat(RightsExamination.ofCluster(Optional.of(EnumSet.of(operation)))).isEmpty();
    }
    for (Set<AclOperation> few : List.of(Set.<AclOperation>of(), Set.of(AclOperation.DESCRIBE))) {
      assertThat(RightsExamination.ofCluster(Optional.of(few)))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.level()).isEqualTo(Level.WARN);
                assertThat(finding.advice()).endsWith("--operation ALTER --cluster");
              });
    }
    assertThat(new Features(29, 29, 2, 1).mayLoseMarkers()).isFalse();
    assertThat(new Features(30, 30, 2, 1).mayLoseMarkers()).isTrue();
  }

  @Test
  void versionsAreKnownByTheirFeatures() {
    assertThat(KafkaVersions.of(7)).isEqualTo("3.3");
    assertThat(KafkaVersions.of(21)).isEqualTo("3.9");
    assertThat(KafkaVersions.of(25)).isEqualTo("4.0");
    assertThat(KafkaVersions.of(29)).isEqualTo("4.2");
    assertThat(KafkaVersions.of(30)).isEqualTo("4.3");
    assertThat(KafkaVersions.of(33)).isEqualTo("4.4");
    assertThat(KafkaVersions.of(90)).isEqualTo("4.5 or later");
    assertThat(KafkaVersions.of(0)).isEqualTo("3.2 or older");
  }

  @Test
  void featuresAreThoseThatTheSettingsNeed() {
    JobConfig config = JobConfig.defaults();
    JobConfig atLeastOnce = config.with("guarantee", "at-least-once");
    JobConfig consumer = config.with("membership", "consumer");
    assertThat(level(ClusterExamination.features(new Features(29, 29, 2, 1), consumer)))
        .isEqualTo(Level.OK);
    assertThat(level(ClusterExamination.features(new Features(29, 25, 2, 1), config)))
        .isEqualTo(Level.WARN);
    assertThat(level(ClusterExamination.features(new Features(29, 29, 1, 1), config)))
        .isEqualTo(Level.FAIL);
    assertThat(level(ClusterExamination.features(new Features(29, 29, 1, 1), atLeastOnce)))
        .isEqualTo(Level.WARN);
    assertThat(level(ClusterExamination.features(new Features(29, 29, 2, 0), consumer)))
        .isEqualTo(Level.FAIL);
    assertThat(level(ClusterExamination.features(new Features(21, 21, 0, 0), config)))
        .isEqualTo(Level.FAIL);
  }

  @Test
  void theFaultOfKafkaIsWarnedOfWhereItCanHappen() {
    assertThat(ClusterExamination.lostMarkers(29, Optional.empty()).level()).isEqualTo(Level.OK);
    assertThat(ClusterExamination.lostMarkers(30, Optional.empty()).level()).isEqualTo(Level.WARN);
    assertThat(ClusterExamination.lostMarkers(33, Optional.of(false)).level())
        .isEqualTo(Level.WARN);
    assertThat(ClusterExamination.lostMarkers(33, Optional.of(true)).level()).isEqualTo(Level.OK);
  }

  @Test
  void aClockIsJudgedByWhatIsSureOfIt() {
    assertThat(ClusterExamination.clock(-40, 3).level()).isEqualTo(Level.OK);
    assertThat(ClusterExamination.clock(1_500, 800).level()).as("slow answer").isEqualTo(Level.OK);
    assertThat(ClusterExamination.clock(1_500, 8).level()).isEqualTo(Level.WARN);
    assertThat(ClusterExamination.clock(-60_000, 8).level()).isEqualTo(Level.FAIL);
    assertThat(ClusterExamination.clock(-60_000, 8).text())
        .isEqualTo("the controller's is 60000 ms behind this machine's (asked within 8 ms)");
  }

  @Test
  void roomHeapAndFilesHaveLimits() {
    assertThat(StateDirectory.room(2 * GB, 10 * GB))
        .isEqualTo(Finding.ok("disk", "2,048 MB of 10,240 MB free"));
    assertThat(StateDirectory.room(GB / 2, 10 * GB).level()).isEqualTo(Level.WARN);
    assertThat(StateDirectory.room(1_000, 10 * GB).level()).isEqualTo(Level.FAIL);
    assertThat(JvmExamination.heap("vm", 2, GB))
        .isEqualTo(Finding.ok("jvm", "vm, 2 processors, 1024 MB of heap at most"));
    assertThat(JvmExamination.heap("vm", 2, GB / 16).level()).isEqualTo(Level.WARN);
    assertThat(JvmExamination.files(1_024).level()).isEqualTo(Level.WARN);
    assertThat(JvmExamination.files(65_536).level()).isEqualTo(Level.OK);
  }

  @Test
  void brokersAreThreeAtLeast() {
    assertThat(ClusterExamination.brokers("a:1", List.of(3, 1, 2)))
        .isEqualTo(Finding.ok("kafka", "3 brokers at a:1 (1, 2, 3)"));
    assertThat(ClusterExamination.brokers("a:1", List.of(1)).level()).isEqualTo(Level.WARN);
  }

  @Test
  void topicsOfAJobWithALongerNameAreNotItsOwn() {
    JobSummary other = new JobSummary("a.b", JobPhase.READY, 0, List.of(), 0, false);
    JobSummary self = new JobSummary("a", JobPhase.READY, 0, List.of(), 0, false);
    assertThat(
            Doctor.ownTopics(
                "a", List.of(self, other), Set.of("a.meta", "a.b.meta", "a.b", "ab.meta", "a.c")))
        .containsExactly("a.b", "a.c", "a.meta");
  }
}
