package dev.millrace.devbroker;

/**
 * The log levels that keep the broker's own log down to what a developer must know.
 *
 * <p>A value is set only if nobody has set it, and only for loggers that are there without a
 * configuration of their own.
 *
 * <p><b>Threads.</b> Stateless; works on system properties.
 */
final class BrokerLogging {

  private static final String SIMPLE_LOGGER = "org.slf4j.simpleLogger.";

  private BrokerLogging() {}

  /** Must run before the first class of the broker is loaded: its loggers are static. */
  static void quieten() {
    // Kafka's server calls the Log4j API for one MBean. Without a Log4j core that API reports it on
    // stderr, where nobody can do anything about it.
    if (BrokerLogging.class.getResource("/org/apache/logging/log4j/core/LoggerContext.class")
        == null) {
      setIfAbsent("log4j2.StatusLogger.level", "OFF");
    }
    // The names of slf4j-simple; other loggers do not look at them.
    setIfAbsent(SIMPLE_LOGGER + "defaultLogLevel", "warn");
    // Warnings at every start and stop: the controller finds its log empty, a client is closed
    // twice, nodes do not answer while they come up or have left.
    setIfAbsent(SIMPLE_LOGGER + "log.org.apache.kafka.controller.QuorumController", "error");
    setIfAbsent(SIMPLE_LOGGER + "log.org.apache.kafka.clients.NetworkClient", "error");
    setIfAbsent(SIMPLE_LOGGER + "log.org.apache.kafka.raft.KafkaRaftClient", "error");
    setIfAbsent(SIMPLE_LOGGER + "log.kafka.server.ReplicaFetcherThread", "error");
    // "Graceful shutdown failed": the last of three nodes cannot hand over to anybody.
    setIfAbsent(SIMPLE_LOGGER + "log.org.apache.kafka.raft.KafkaRaftClientDriver", "off");
  }

  private static void setIfAbsent(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
