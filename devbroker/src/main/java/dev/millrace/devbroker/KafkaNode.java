package dev.millrace.devbroker;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/**
 * One node of the cluster, broker and controller at once: the only place that touches Kafka's
 * server classes.
 *
 * <p><b>Threads.</b> {@link #start()} and {@link #stop()} may run in different threads, one after
 * the other.
 */
final class KafkaNode {

  private static final String CONTROLLER = "CONTROLLER";
  private static final String HOST = "127.0.0.1";

  /** The address of a node: its number, its ports and the voters it shares with the others. */
  record Address(int id, int clientPort, int controllerPort, String voters) {

    String client() {
      return HOST + ":" + clientPort;
    }

    static String voter(int id, int controllerPort) {
      return id + "@" + HOST + ":" + controllerPort;
    }
  }

  private final KafkaRaftServer server;

  /** Formats the node's directory if that was not done yet, and binds its ports. */
  KafkaNode(Address address, DataDirectory data, Map<String, String> serverProperties)
      throws Exception {
    String logDirectory = data.node(address.id()).toString();
    format(address.id(), data.clusterId(), logDirectory);
    Map<String, String> properties = new TreeMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", Integer.toString(address.id()));
    properties.put("controller.quorum.voters", address.voters());
    properties.put("controller.listener.names", CONTROLLER);
    properties.put(
        "listeners",
        "PLAINTEXT://"
            + address.client()
            + ","
            + CONTROLLER
            + "://"
            + HOST
            + ":"
            + address.controllerPort());
    properties.put("advertised.listeners", "PLAINTEXT://" + address.client());
    properties.put(
        "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT," + CONTROLLER + ":PLAINTEXT");
    properties.put("log.dirs", logDirectory);
    properties.putAll(serverProperties);
    this.server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
  }

  /** Returns when the broker answers clients, which takes a majority of the nodes. */
  void start() {
    server.startup();
  }

  void stop() {
    server.shutdown();
    server.awaitShutdown();
  }

  private static void format(int id, String clusterId, String logDirectory) throws Exception {
    PrintStream silence =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    new Formatter()
        .setPrintStream(silence)
        .setClusterId(clusterId)
        .setNodeId(id)
        .setIgnoreFormatted(true)
        .setControllerListenerName(CONTROLLER)
        .setMetadataLogDirectory(logDirectory)
        .addDirectory(logDirectory)
        // Among them transaction.version 2, on which the commit protocol of the library stands.
        .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
        .run();
  }
}
