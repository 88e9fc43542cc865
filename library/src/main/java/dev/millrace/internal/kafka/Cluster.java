package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;

/**
 * The Kafka cluster a job lives in.
 *
 * @param clients makes clients
 * @param topics asks about topics
 * @param offsets asks about the logs of partitions
 * @param groups asks about consumer groups
 * @param transactions asks about transactions
 * @param config the settings
 */
public record Cluster(
    KafkaClients clients,
    Topics topics,
    Offsets offsets,
    Groups groups,
    OpenTransactions transactions,
    JobConfig config)
    implements AutoCloseable {

  /** Connects; nothing is sent yet. */
  public static Cluster connect(JobConfig config) {
    return through(new DefaultKafkaClients(config), config, SystemClock.INSTANCE);
  }

  /** {@return the cluster that these clients reach; it closes them} */
  public static Cluster through(KafkaClients clients, JobConfig config, Clock clock) {
    return new Cluster(
        clients,
        new Topics(clients.admin(), config, clock),
        new Offsets(clients.admin(), config),
        new Groups(clients.admin(), config, clock),
        new OpenTransactions(clients, config, clock),
        config);
  }

  /**
   * {@return whether a member of a group learns of every loss of partitions before it is a member
   * again}
   */
  public boolean reportsEveryLoss() {
    return config.membership() == MembershipProtocol.CLASSIC;
  }

  /** {@return what becomes of a member of a group whose credentials a broker refuses} */
  public AfterRefusal afterRefusal() {
    return config.membership() == MembershipProtocol.CLASSIC
        ? AfterRefusal.TRIES_AGAIN
        : AfterRefusal.IS_GONE;
  }

  @Override
  public void close() {
    clients.close();
  }
}
