package dev.millrace.internal.kafka;

import dev.millrace.config.JobConfig;

/**
 * The Kafka cluster a job lives in.
 *
 * @param clients makes clients
 * @param topics asks about topics, offsets and groups
 * @param transactions asks about transactions
 * @param config the settings
 */
public record Cluster(
    KafkaClients clients, Topics topics, OpenTransactions transactions, JobConfig config)
    implements AutoCloseable {

  /** Connects; nothing is sent yet. */
  public static Cluster connect(JobConfig config) {
    KafkaClients clients = new DefaultKafkaClients(config);
    return new Cluster(
        clients, new Topics(clients, config), new OpenTransactions(clients, config), config);
  }

  @Override
  public void close() {
    clients.close();
  }
}
