package dev.millrace.runner.doctor;

import dev.millrace.runner.doctor.Answers.NoAnswer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;

/**
 * The examination of what the principal may do with a job's topics, groups and transactions. Only
 * brokers know, and only of what is there: the rights to create what is not are found out at the
 * first start.
 *
 * <p><b>Threads.</b> Confined to the caller's thread.
 */
final class RightsExamination {

  private static final String RIGHTS = "rights";

  /** What a job does to its own topics; without the last three it works, and cleans nothing up. */
  private static final Set<AclOperation> NEEDED_OWN =
      EnumSet.of(AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE);

  private static final Set<AclOperation> WANTED_OWN =
      EnumSet.of(AclOperation.DELETE, AclOperation.ALTER, AclOperation.DESCRIBE_CONFIGS);

  private final Admin admin;

  RightsExamination(Admin admin) {
    this.admin = admin;
  }

  /** {@return the findings on the job's own topics} */
  static List<Finding> ofOwn(Collection<TopicExamination.Facts> topics) {
    List<Finding> findings = new ArrayList<>();
    for (TopicExamination.Facts topic : topics) {
      topic.allowed().ifPresent(allowed -> addMissing(topic.name(), allowed, findings));
    }
    return findings;
  }

  private static void addMissing(String topic, Set<AclOperation> allowed, List<Finding> findings) {
    Set<AclOperation> needed = without(NEEDED_OWN, allowed);
    if (!needed.isEmpty()) {
      findings.add(
          Finding.fail(
              RIGHTS, "topic " + topic + ": no " + words(needed), grant(needed, "topic", topic)));
    }
    Set<AclOperation> wanted = without(WANTED_OWN, allowed);
    if (!wanted.isEmpty()) {
      findings.add(
          Finding.warn(
              RIGHTS,
              "topic "
                  + topic
                  + ": no "
                  + words(wanted)
                  + ", so what is consumed stays, and"
                  + " settings are not checked",
              grant(wanted, "topic", topic)));
    }
  }

  /** {@return the findings on the topics that the job reads} */
  static List<Finding> ofInputs(Collection<TopicExamination.Facts> topics) {
    Set<AclOperation> read = EnumSet.of(AclOperation.READ);
    List<Finding> findings = new ArrayList<>();
    for (TopicExamination.Facts topic : topics) {
      topic
          .allowed()
          .filter(allowed -> !without(read, allowed).isEmpty())
          .ifPresent(
              allowed ->
                  findings.add(
                      Finding.fail(
                          RIGHTS,
                          "topic " + topic.name() + ": no READ",
                          grant(read, "topic", topic.name()))));
    }
    return findings;
  }

  /** {@return the finding on the topic in which Kafka keeps offsets} */
  static List<Finding> ofOffsets(Collection<TopicExamination.Facts> topics) {
    Set<AclOperation> read = EnumSet.of(AclOperation.READ);
    List<Finding> findings = new ArrayList<>();
    for (TopicExamination.Facts topic : topics) {
      topic
          .allowed()
          .filter(allowed -> !without(read, allowed).isEmpty())
          .ifPresent(
              allowed ->
                  findings.add(
                      Finding.warn(
                          RIGHTS,
                          "topic "
                              + topic.name()
                              + ": no READ, so the transaction of an instance"
                              + " that died may hold its tasks up for transaction.timeout",
                          grant(read, "topic", topic.name()))));
    }
    return findings;
  }

  /** {@return the findings on the groups of the job's stages} */
  List<Finding> ofGroups(Collection<String> groups) {
    Map<String, KafkaFuture<ConsumerGroupDescription>> answers =
        admin
            .describeConsumerGroups(
                new TreeSet<>(groups),
                new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
            .describedGroups();
    List<Finding> findings = new ArrayList<>();
    new TreeMap<>(answers)
        .forEach(
            (group, future) -> {
              try {
                Set<AclOperation> allowed = Answers.to(future).authorizedOperations();
                if (allowed != null && !allowed.contains(AclOperation.READ)) {
                  findings.add(noRead(group));
                }
              } catch (NoAnswer e) {
                if (!e.is(GroupIdNotFoundException.class)) {
                  findings.add(noRead(group));
                }
              }
            });
    return findings;
  }

  private static Finding noRead(String group) {
    return Finding.fail(
        RIGHTS,
        "group " + group + ": no READ",
        grant(EnumSet.of(AclOperation.READ), "group", group));
  }

  /** {@return the findings on the job's transactions} */
  List<Finding> ofTransactions(String job) {
    String id = job + "-bootstrap";
    try {
      Object ignored = Answers.to(admin.describeTransactions(List.of(id)).description(id));
    } catch (NoAnswer e) {
      if (e.is(TransactionalIdAuthorizationException.class)) {
        return List.of(
            Finding.fail(
                RIGHTS,
                "transactional ids that begin with " + job + "-: no WRITE",
                grant(EnumSet.of(AclOperation.WRITE), "transactional-id", job + "-")
                    + " --resource-pattern-type prefixed"));
      }
    }
    return List.of();
  }

  /** {@return the finding on the cluster, whose brokers may lose markers of transactions} */
  List<Finding> ofCluster() {
    try {
      return ofCluster(
          Optional.ofNullable(
              Answers.to(
                  admin
                      .describeCluster(
                          new DescribeClusterOptions().includeAuthorizedOperations(true))
                      .authorizedOperations())));
    } catch (NoAnswer e) {
      return List.of();
    }
  }

  /**
   * {@return the findings on the cluster}
   *
   * @param allowed nothing if the principal may not describe it, which {@code ALTER} includes;
   *     empty if that is not known
   */
  static List<Finding> ofCluster(Optional<Set<AclOperation>> allowed) {
    boolean mayEnd =
        allowed
            .map(
                all ->
                    all.contains(AclOperation.ALTER) || all.contains(AclOperation.CLUSTER_ACTION))
            .orElse(true);
    return mayEnd
        ? List.of()
        : List.of(
            Finding.warn(
                RIGHTS,
                "cluster: no ALTER, so the job cannot end the transactions that brokers leave without"
                    + " their ends (KAFKA-20734), and readers wait for them",
                "kafka-acls.sh --add --allow-principal User:NAME --operation ALTER --cluster"));
  }

  private static Set<AclOperation> without(Set<AclOperation> all, Set<AclOperation> some) {
    Set<AclOperation> left = EnumSet.copyOf(all);
    left.removeAll(some);
    return left;
  }

  private static String words(Set<AclOperation> operations) {
    return String.join(", ", operations.stream().map(Enum::name).toList());
  }

  private static String grant(Set<AclOperation> operations, String kind, String name) {
    StringBuilder command = new StringBuilder("kafka-acls.sh --add --allow-principal User:NAME");
    operations.forEach(operation -> command.append(" --operation ").append(operation));
    return command.append(" --").append(kind).append(' ').append(name).toString();
  }
}
