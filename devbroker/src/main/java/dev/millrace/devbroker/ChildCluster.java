package dev.millrace.devbroker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A real Kafka cluster of three nodes, each in a JVM of its own, of which any can be stopped,
 * killed, suspended and started again while the others go on.
 *
 * <p><b>Contract.</b> {@link #start} returns when all nodes are up. Nodes are numbered from 0, as
 * Kafka's broker ids are; a node that is started again has its former ports and data. All children
 * end when this JVM ends, however it ends. {@link #close} ends them and deletes their data, unless
 * the options named a data directory.
 *
 * <p>A node takes 256 MB of heap; {@link ChildOptions#withJvmOption} gives it more.
 *
 * <p><b>Threads.</b> Safe for any thread; one call at a time is served.
 *
 * <p><b>Errors.</b> {@link DevBrokerException} with the end of a child's log if it does not come
 * up. Like {@link ChildKafka} this class needs nothing but the JDK.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * try (ChildCluster kafka = ChildCluster.start(ChildOptions.of(BrokerOptions.threeNodes()))) {
 *   kafka.kill(1);
 *   kafka.restart(1);
 * }
 * }</pre>
 */
public final class ChildCluster implements AutoCloseable {

  private final ChildOptions options;
  private final Path dataDirectory;
  private final boolean deletesData;
  private final List<Integer> controllerPorts;
  private final String bootstrapServers;
  private final Map<Integer, BrokerProcess> processes = new TreeMap<>();
  private boolean closed;

  private ChildCluster(ChildOptions options, Path dataDirectory, boolean deletesData) {
    this.options = options;
    this.dataDirectory = dataDirectory;
    this.deletesData = deletesData;
    BrokerOptions broker = options.broker();
    List<Integer> ports = FreePorts.consecutive(broker.firstPort(), broker.nodes());
    this.controllerPorts = FreePorts.apartFrom(ports, broker.nodes());
    try {
      this.bootstrapServers = launchAndAwait(allNodes());
    } catch (RuntimeException e) {
      processes.values().forEach(BrokerProcess::kill);
      throw e;
    }
  }

  /**
   * Starts a cluster of three nodes and waits until all of them are up.
   *
   * @param options what it looks like and how its nodes are launched
   * @throws DevBrokerException if one does not come up
   * @throws IllegalArgumentException if the options ask for a single node
   */
  public static ChildCluster start(ChildOptions options) {
    BrokerOptions asked = options.broker();
    if (asked.nodes() == 1) {
      throw new IllegalArgumentException(
          "Cannot start a cluster: it needs three nodes (nodes=1). Pass"
              + " BrokerOptions.threeNodes(), or take ChildKafka.");
    }
    boolean temporary = asked.dataDirectory().isEmpty();
    Path directory = asked.dataDirectory().orElseGet(DataDirectory::temporary).toAbsolutePath();
    int port = asked.firstPort() == 0 ? FreePorts.range(asked.nodes()).get(0) : asked.firstPort();
    try {
      Files.createDirectories(directory);
      // The nodes must find the id of their cluster, or each would make one of its own.
      List<Integer> nodes = IntStream.range(0, asked.nodes()).boxed().toList();
      DataDirectory.open(asked, directory, DataDirectory.newClusterId(), nodes).close();
      BrokerOptions broker =
          asked
              .withPort(port)
              .withDataDirectory(directory)
              .withExistingData(BrokerOptions.ExistingData.KEEP);
      return new ChildCluster(withBroker(options, broker), directory, temporary);
    } catch (IOException e) {
      throw new DevBrokerException(
          "Cannot start the cluster: "
              + e
              + " (directory="
              + directory
              + "). Pass another directory.",
          e);
    } catch (RuntimeException e) {
      if (temporary) {
        DataDirectory.deleteQuietly(directory);
      }
      throw e;
    }
  }

  private static ChildOptions withBroker(ChildOptions options, BrokerOptions broker) {
    List<String> jvmOptions = new ArrayList<>(List.of("-Xmx256m"));
    jvmOptions.addAll(options.jvmOptions());
    return new ChildOptions(broker, options.jar(), jvmOptions, options.cacheDirectory());
  }

  /** {@return the addresses of all nodes, for {@code bootstrap.servers}; restarts keep them} */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** {@return the directory with the data and the log of each node} */
  public Path dataDirectory() {
    return dataDirectory;
  }

  /** {@return the number of nodes, running or not} */
  public int nodes() {
    return options.broker().nodes();
  }

  /**
   * {@return the process id of a node, in its last run}
   *
   * @param node from 0
   */
  public synchronized long pid(int node) {
    return process(node).pid();
  }

  /**
   * {@return whether the process of a node runs; a suspended one does}
   *
   * @param node from 0
   */
  public synchronized boolean isAlive(int node) {
    return process(node).isAlive();
  }

  /**
   * Kills nodes with SIGKILL and returns when they are gone.
   *
   * @param nodes from 0
   */
  public synchronized void kill(int... nodes) {
    for (int node : nodes) {
      process(node).kill();
    }
  }

  /**
   * Stops nodes in good order, as SIGTERM does, all at once: they hand over what they lead if
   * others can take it.
   *
   * @param nodes from 0
   */
  public synchronized void stop(int... nodes) {
    for (int node : nodes) {
      process(node).beginStop();
    }
    for (int node : nodes) {
      process(node).awaitStop();
    }
  }

  /**
   * Suspends nodes with SIGSTOP: they answer nobody, and their connections stay open.
   *
   * @param nodes from 0
   */
  public synchronized void suspend(int... nodes) {
    for (int node : nodes) {
      process(node).signal("STOP");
    }
  }

  /**
   * Lets suspended nodes go on.
   *
   * @param nodes from 0
   */
  public synchronized void resume(int... nodes) {
    for (int node : nodes) {
      process(node).signal("CONT");
    }
  }

  /**
   * Starts nodes again on their ports and data, after a stop of those that run, and returns when
   * they are up. That takes a majority of the nodes, so if more than one is down, name them all.
   *
   * @param nodes from 0
   * @throws DevBrokerException if one does not come up
   */
  public synchronized void restart(int... nodes) {
    if (closed) {
      throw new IllegalStateException(
          "Cannot restart nodes: the cluster was closed (directory="
              + dataDirectory
              + "). Start another one.");
    }
    stop(nodes);
    launchAndAwait(nodes);
  }

  /** Ends all nodes; deletes the data unless the options named a directory for it. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (deletesData) {
      processes.values().forEach(BrokerProcess::kill);
      DataDirectory.deleteQuietly(dataDirectory);
    } else {
      stop(allNodes());
    }
  }

  private int[] allNodes() {
    return IntStream.range(0, nodes()).toArray();
  }

  private String launchAndAwait(int... nodes) {
    for (int node : nodes) {
      processes.put(node, launch(node));
    }
    String addresses = "";
    for (int node : nodes) {
      addresses = process(node).awaitReady();
    }
    return addresses;
  }

  private BrokerProcess launch(int node) {
    EnumSet<BrokerArguments.Flag> flags = EnumSet.of(BrokerArguments.Flag.EXIT_WITH_PARENT);
    if (deletesData) {
      // In case this JVM dies and cannot delete the data itself.
      flags.add(BrokerArguments.Flag.DELETE_DATA_WITH_PARENT);
    }
    return BrokerProcess.launch(
        options,
        BrokerArguments.of(options.broker(), flags)
            .withPart(new ClusterPart(node, controllerPorts)),
        dataDirectory.resolve("broker-" + node + ".log"));
  }

  private BrokerProcess process(int node) {
    BrokerProcess process = processes.get(node);
    if (process == null) {
      throw new IllegalArgumentException(
          "Cannot find the node: there is none of this number (node="
              + node
              + ", nodes="
              + nodes()
              + "). Pass one from 0.");
    }
    return process;
  }
}
