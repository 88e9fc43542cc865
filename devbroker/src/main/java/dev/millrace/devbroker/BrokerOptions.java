package dev.millrace.devbroker;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The shape of a development broker: the number of its nodes, their ports, the place of its data.
 *
 * <p><b>Contract.</b> Start from {@link #singleNode()} or {@link #threeNodes()} and refine; every
 * method returns a changed copy.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * <p><b>Example.</b> {@code BrokerOptions.singleNode().withPort(9092).withDataDirectory(dir)}
 *
 * @param nodes 1 or 3; every node is broker and controller
 * @param firstPort the client port of the first node, the others take the ports after it; 0 takes
 *     free ones
 * @param dataDirectory where the data stays after a stop; empty for a temporary directory that goes
 *     with the broker
 * @param existingData what happens to data that an earlier broker left in the data directory
 * @param serverOverrides Kafka server properties that win over the ones of this module
 */
public record BrokerOptions(
    int nodes,
    int firstPort,
    Optional<Path> dataDirectory,
    ExistingData existingData,
    Map<String, String> serverOverrides) {

  /** The treatment of data that an earlier broker left in the data directory. */
  public enum ExistingData {
    /** Topics, offsets and transactions are still there after the start. */
    KEEP,
    /** The broker starts empty. */
    DELETE
  }

  private static final int LAST_PORT = 65_535;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the number of nodes or the port is out of range
   */
  public BrokerOptions {
    if (nodes != 1 && nodes != 3) {
      throw new IllegalArgumentException(
          "Cannot make a cluster: 1 or 3 nodes are possible (nodes=" + nodes + "). Pass 1 or 3.");
    }
    if (firstPort < 0 || (firstPort > 0 && firstPort + nodes - 1 > LAST_PORT)) {
      throw new IllegalArgumentException(
          "Cannot use the port: out of range (port="
              + firstPort
              + ", nodes="
              + nodes
              + "). Pass 0 for free ports or a number up to "
              + (LAST_PORT + 1 - nodes)
              + ".");
    }
    serverOverrides = Map.copyOf(serverOverrides);
  }

  /** {@return one node on a free port with a temporary data directory} */
  public static BrokerOptions singleNode() {
    return new BrokerOptions(1, 0, Optional.empty(), ExistingData.KEEP, Map.of());
  }

  /** {@return three nodes, replication factor 3, on free ports with a temporary data directory} */
  public static BrokerOptions threeNodes() {
    return new BrokerOptions(3, 0, Optional.empty(), ExistingData.KEEP, Map.of());
  }

  /**
   * {@return these options on fixed ports}
   *
   * @param port the client port of the first node; 0 takes free ones
   */
  public BrokerOptions withPort(int port) {
    return new BrokerOptions(nodes, port, dataDirectory, existingData, serverOverrides);
  }

  /**
   * {@return these options with the data kept in a directory}
   *
   * @param directory made if it is missing
   */
  public BrokerOptions withDataDirectory(Path directory) {
    return new BrokerOptions(
        nodes, firstPort, Optional.of(directory), existingData, serverOverrides);
  }

  /**
   * {@return these options with another treatment of data from an earlier broker}
   *
   * @param treatment keep or delete
   */
  public BrokerOptions withExistingData(ExistingData treatment) {
    return new BrokerOptions(nodes, firstPort, dataDirectory, treatment, serverOverrides);
  }

  /**
   * {@return these options with one Kafka server property more}
   *
   * @param key the property, for example {@code log.cleaner.backoff.ms}
   * @param value its value as in a properties file
   */
  public BrokerOptions withServerProperty(String key, String value) {
    Map<String, String> overrides = new TreeMap<>(serverOverrides);
    overrides.put(key, value);
    return new BrokerOptions(nodes, firstPort, dataDirectory, existingData, overrides);
  }

  /**
   * {@return the Kafka server properties that make a broker quick and small, overrides included}
   *
   * <p>Only what is the same for every node and every place to run: a container gets them too.
   */
  public Map<String, String> serverProperties() {
    Map<String, String> properties = new TreeMap<>(ServerTuning.properties(nodes));
    properties.putAll(serverOverrides);
    return properties;
  }
}
