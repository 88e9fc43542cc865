package dev.millrace.runner.doctor;

import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.runner.doctor.Answers.NoAnswer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ClusterAuthorizationException;

/**
 * The examination of a cluster's brokers: how many, of which version, with which features, and
 * whether their clock is that of this machine.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class ClusterExamination {

  private static final String KAFKA = "kafka";
  private static final String VERSION = "version";
  private static final String FEATURES = "features";
  private static final String CLOCK = "clock";
  private static final int TRANSACTION_VERSION = 2;
  private static final int CLOCK_LOOKS = 3;
  private static final long CLOCK_WARN_MS = 1_000;
  private static final long CLOCK_FAIL_MS = 10_000;

  private final Admin admin;
  private final JobConfig config;

  ClusterExamination(Admin admin, JobConfig config) {
    this.admin = admin;
    this.config = config;
  }

  /**
   * Features as the brokers have them.
   *
   * @param known the highest level of metadata that the asked broker knows
   * @param metadata the level that the cluster works at
   * @param transaction the version of transactions
   * @param group that of groups
   */
  record Features(int known, int metadata, int transaction, int group) {

    static Features of(FeatureMetadata answer) {
      int known =
          Optional.ofNullable(answer.supportedFeatures().get("metadata.version"))
              .map(range -> (int) range.maxVersion())
              .orElse(0);
      return new Features(
          known,
          level(answer, "metadata.version"),
          level(answer, "transaction.version"),
          level(answer, "group.version"));
    }

    /** {@return whether brokers may leave transactions without their ends} */
    boolean mayLoseMarkers() {
      return known >= KafkaVersions.FIRST_WITH_LOST_MARKERS;
    }

    private static int level(FeatureMetadata answer, String feature) {
      return Optional.ofNullable(answer.finalizedFeatures().get(feature))
          .map(range -> (int) range.maxVersionLevel())
          .orElse(0);
    }
  }

  /** {@return whether any broker answers} */
  boolean brokers(List<Finding> findings) {
    try {
      Collection<Node> nodes = Answers.to(admin.describeCluster().nodes());
      findings.add(brokers(config.bootstrapServers(), nodes.stream().map(Node::id).toList()));
      return true;
    } catch (NoAnswer e) {
      findings.add(
          Finding.fail(
              KAFKA,
              "no broker answers at " + config.bootstrapServers() + " (" + e.getMessage() + ")",
              "Check the address (-b or bootstrap.servers), that Kafka runs there, and that the"
                  + " security settings fit the port"));
      return false;
    }
  }

  static Finding brokers(String address, List<Integer> ids) {
    String text =
        (ids.size() == 1 ? "one broker at " : ids.size() + " brokers at ")
            + address
            + " ("
            + ids.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "))
            + ")";
    return ids.size() > 2
        ? Finding.ok(KAFKA, text)
        : Finding.warn(
            KAFKA,
            text,
            "With fewer than three, data that is not lost with a broker cannot be written while"
                + " one is away. For development that is fine");
  }

  /** {@return the features, if the cluster shows them} */
  Optional<Features> features(List<Finding> findings) {
    try {
      Features features = Features.of(Answers.to(admin.describeFeatures().featureMetadata()));
      findings.addAll(features(features, config));
      return Optional.of(features);
    } catch (NoAnswer e) {
      findings.add(
          Finding.fail(
              FEATURES, "not to be seen (" + e.getMessage() + ")", "Use Kafka 4.0 or later"));
      return Optional.empty();
    }
  }

  static List<Finding> features(Features features, JobConfig config) {
    List<Finding> findings = new ArrayList<>();
    String version = KafkaVersions.of(features.known());
    String text =
        "Kafka "
            + version
            + ", metadata.version "
            + features.metadata()
            + " of "
            + features.known();
    if (features.known() < KafkaVersions.FIRST_OF_4_0) {
      findings.add(Finding.fail(VERSION, text, "Upgrade the brokers to Kafka 4.0 or later"));
    } else if (features.metadata() < features.known()) {
      findings.add(
          Finding.warn(
              VERSION,
              text,
              "If an upgrade is complete, say so: kafka-features.sh upgrade --release-version "
                  + version));
    } else {
      findings.add(Finding.ok(VERSION, text));
    }
    findings.add(transactions(features.transaction(), config.guarantee()));
    if (config.membership() == MembershipProtocol.CONSUMER) {
      findings.add(
          features.group() > 0
              ? Finding.ok(FEATURES, "group.version " + features.group())
              : Finding.fail(
                  FEATURES,
                  "group.version 0, and membership is consumer",
                  "kafka-features.sh upgrade --feature group.version=1, or membership=classic"));
    }
    return findings;
  }

  private static Finding transactions(int version, ProcessingGuarantee guarantee) {
    String text = "transaction.version " + version;
    if (version >= TRANSACTION_VERSION) {
      return Finding.ok(FEATURES, text);
    }
    String advice =
        "kafka-features.sh upgrade --feature transaction.version=" + TRANSACTION_VERSION;
    return guarantee == ProcessingGuarantee.EXACTLY_ONCE
        ? Finding.fail(FEATURES, text + ", and guarantee is exactly-once", advice)
        : Finding.warn(FEATURES, text, advice);
  }

  /**
   * {@return the finding on the fault of Kafka that breaks exactly-once}
   *
   * @param outlivesOne whether all topics that matter stay writable and readable without one
   *     broker; empty if it is not known which matter
   */
  static Finding lostMarkers(int known, Optional<Boolean> outlivesOne) {
    String fault = "KAFKA-20734 (a transaction may lose its end in a partition without a leader)";
    if (known < KafkaVersions.FIRST_WITH_LOST_MARKERS) {
      return Finding.ok(VERSION, fault + ": not in these brokers");
    }
    String text =
        fault
            + ": in Kafka 4.3.0 to 4.4.0, and maybe in these brokers, which are "
            + KafkaVersions.of(known);
    return outlivesOne.orElse(false)
        ? Finding.ok(
            VERSION,
            text + "; the job's topics are replicated, so it takes the loss of two at once")
        : Finding.warn(
            VERSION,
            text,
            "Give all topics that a job writes to three replicas and min.insync.replicas=2: then it"
                + " takes the loss of two brokers at once (OPERATIONS, \"When brokers go away\")");
  }

  /** The active controller answers with its own time among what it knows of the quorum. */
  Finding clock() {
    long smallest = Long.MAX_VALUE;
    long difference = 0;
    for (int look = 0; look < CLOCK_LOOKS; look++) {
      long before = System.currentTimeMillis();
      OptionalLong theirs;
      try {
        theirs = timeOfLeader(Answers.to(admin.describeMetadataQuorum().quorumInfo()));
      } catch (NoAnswer e) {
        return Finding.warn(
            CLOCK,
            "not compared (" + e.getMessage() + ")",
            e.is(ClusterAuthorizationException.class)
                ? "Grant DESCRIBE on the cluster to compare it, or compare clocks by hand"
                : "Compare clocks by hand");
      }
      long took = System.currentTimeMillis() - before;
      if (theirs.isPresent() && took < smallest) {
        smallest = took;
        difference = theirs.getAsLong() - before - took / 2;
      }
    }
    return smallest == Long.MAX_VALUE
        ? Finding.warn(
            CLOCK, "not compared: the controller does not tell its time", "Compare clocks by hand")
        : clock(difference, smallest);
  }

  private static OptionalLong timeOfLeader(QuorumInfo quorum) {
    return quorum.voters().stream()
        .filter(voter -> voter.replicaId() == quorum.leaderId())
        .map(QuorumInfo.ReplicaState::lastCaughtUpTimestamp)
        .findFirst()
        .orElse(OptionalLong.empty());
  }

  /**
   * {@return the finding on a clock}
   *
   * @param differenceMs how far that of the cluster is ahead
   * @param tookMs how long it took to ask
   */
  static Finding clock(long differenceMs, long tookMs) {
    long sure = Math.max(0, Math.abs(differenceMs) - tookMs);
    String text =
        "the controller's is "
            + Math.abs(differenceMs)
            + " ms "
            + (differenceMs < 0 ? "behind" : "ahead of")
            + " this machine's (asked within "
            + tookMs
            + " ms)";
    if (sure < CLOCK_WARN_MS) {
      return Finding.ok(CLOCK, text);
    }
    String advice =
        "Set the clocks by NTP: processing time is this machine's, timestamps of topics are the"
            + " brokers', and instances whose reports seem older than ten seconds count as gone";
    return sure < CLOCK_FAIL_MS
        ? Finding.warn(CLOCK, text, advice)
        : Finding.fail(CLOCK, text, advice);
  }
}
