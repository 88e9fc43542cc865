package dev.millrace.devbroker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A real Kafka cluster in this JVM: KRaft, no ZooKeeper, no container, no network but loopback.
 *
 * <p><b>Contract.</b> {@link #start} returns when clients can use the cluster; {@link #close} stops
 * it and deletes its data, unless the options named a data directory.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link DevBrokerException} if a port is taken, the directory belongs to another
 * cluster, or a node does not come up.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * try (EmbeddedKafka kafka = EmbeddedKafka.start(BrokerOptions.singleNode())) {
 *   properties.put("bootstrap.servers", kafka.bootstrapServers());
 * }
 * }</pre>
 */
public final class EmbeddedKafka implements AutoCloseable {

  private static final long START_TIMEOUT_MS = 60_000;
  private static final long STOP_TIMEOUT_MS = 20_000;

  private final BrokerOptions options;
  private final Path dataDirectory;
  private final String bootstrapServers;
  private final List<KafkaNode> nodes;
  private boolean closed;

  private EmbeddedKafka(
      BrokerOptions options, Path dataDirectory, String bootstrapServers, List<KafkaNode> nodes) {
    this.options = options;
    this.dataDirectory = dataDirectory;
    this.bootstrapServers = bootstrapServers;
    this.nodes = nodes;
  }

  /**
   * Starts a cluster and waits until it is ready.
   *
   * @param options what it looks like
   * @throws DevBrokerException if it does not come up
   */
  public static EmbeddedKafka start(BrokerOptions options) {
    return start(options, Optional.empty());
  }

  /**
   * Starts all nodes of a cluster, or the part of it that this process runs.
   *
   * @throws DevBrokerException if it does not come up
   */
  static EmbeddedKafka start(BrokerOptions options, Optional<ClusterPart> part) {
    BrokerLogging.quieten();
    Path root = options.dataDirectory().orElseGet(DataDirectory::temporary);
    try {
      return start(options, part, root);
    } catch (RuntimeException e) {
      if (options.dataDirectory().isEmpty()) {
        DataDirectory.deleteQuietly(root);
      }
      throw e;
    }
  }

  private static EmbeddedKafka start(BrokerOptions options, Optional<ClusterPart> part, Path root) {
    List<KafkaNode.Address> cluster = addresses(options, part);
    List<KafkaNode.Address> addresses =
        part.map(one -> List.of(cluster.get(one.node()))).orElse(cluster);
    refuseTakenPorts(addresses);
    DataDirectory data = DataDirectory.open(options, root, DataDirectory.newClusterId());
    Map<String, String> properties = new TreeMap<>(options.serverProperties());
    // Handing over leadership serves a later start on the same data, which then need not wait for
    // the end of the old session. Without a later start it would only cost time.
    properties.putIfAbsent(
        "controlled.shutdown.enable", Boolean.toString(options.dataDirectory().isPresent()));
    List<KafkaNode> nodes = new ArrayList<>();
    try {
      for (KafkaNode.Address address : addresses) {
        nodes.add(new KafkaNode(address, data, properties));
      }
      inParallel(nodes, KafkaNode::start, START_TIMEOUT_MS);
    } catch (Exception e) {
      stopAfterFailure(nodes, e);
      throw startFailure(addresses, root, e);
    }
    String bootstrapServers =
        cluster.stream().map(KafkaNode.Address::client).collect(Collectors.joining(","));
    return new EmbeddedKafka(options, root, bootstrapServers, nodes);
  }

  /** {@return the addresses of all nodes, for {@code bootstrap.servers}} */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** {@return the directory with the data of all nodes} */
  public Path dataDirectory() {
    return dataDirectory;
  }

  /** Stops all nodes; deletes the data unless the options named a directory for it. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      inParallel(nodes, KafkaNode::stop, STOP_TIMEOUT_MS);
    } finally {
      if (options.dataDirectory().isEmpty()) {
        DataDirectory.deleteQuietly(dataDirectory);
      }
    }
  }

  private static List<KafkaNode.Address> addresses(
      BrokerOptions options, Optional<ClusterPart> part) {
    int count = options.nodes();
    List<Integer> clientPorts =
        options.firstPort() == 0
            ? FreePorts.range(count)
            : FreePorts.consecutive(options.firstPort(), count);
    List<Integer> controllerPorts =
        part.map(ClusterPart::controllerPorts)
            .orElseGet(() -> FreePorts.apartFrom(clientPorts, count));
    List<String> voters = new ArrayList<>();
    for (int id = 0; id < count; id++) {
      voters.add(KafkaNode.Address.voter(id, controllerPorts.get(id)));
    }
    List<KafkaNode.Address> addresses = new ArrayList<>();
    for (int id = 0; id < count; id++) {
      addresses.add(
          new KafkaNode.Address(
              id, clientPorts.get(id), controllerPorts.get(id), String.join(",", voters)));
    }
    return addresses;
  }

  private static void refuseTakenPorts(List<KafkaNode.Address> addresses) {
    for (KafkaNode.Address address : addresses) {
      if (!FreePorts.isFree(address.clientPort())) {
        throw new DevBrokerException(
            "Cannot start the broker: something listens on its port already (port="
                + address.clientPort()
                + "). Stop that program, or pass another port.");
      }
    }
  }

  private interface Step {
    void on(KafkaNode node);
  }

  /** A node is ready only once a majority is there, and leaves best while a majority is there. */
  private static void inParallel(List<KafkaNode> nodes, Step step, long timeoutMs) {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            nodes.size(),
            task -> {
              Thread thread = new Thread(task, "devbroker-node");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<CompletableFuture<Void>> steps = new ArrayList<>();
      CompletableFuture<Void> firstFailure = new CompletableFuture<>();
      for (KafkaNode node : nodes) {
        CompletableFuture<Void> one = CompletableFuture.runAsync(() -> step.on(node), threads);
        one.whenComplete(
            (done, failure) -> {
              if (failure != null) {
                firstFailure.completeExceptionally(failure);
              }
            });
        steps.add(one);
      }
      CompletableFuture<Void> all =
          CompletableFuture.allOf(steps.toArray(new CompletableFuture<?>[0]));
      CompletableFuture.anyOf(all, firstFailure).orTimeout(timeoutMs, TimeUnit.MILLISECONDS).join();
    } finally {
      threads.shutdown();
    }
  }

  private static void stopAfterFailure(List<KafkaNode> nodes, Exception failure) {
    if (nodes.isEmpty()) {
      return;
    }
    try {
      inParallel(nodes, KafkaNode::stop, STOP_TIMEOUT_MS);
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private static DevBrokerException startFailure(
      List<KafkaNode.Address> addresses, Path root, Exception failure) {
    @Nullable Throwable cause =
        failure instanceof CompletionException ? failure.getCause() : failure;
    return new DevBrokerException(
        "Cannot start the broker: "
            + cause
            + " (addresses="
            + addresses.stream().map(KafkaNode.Address::client).toList()
            + ", directory="
            + root
            + "). If another broker uses the directory, stop it or pass another directory.",
        cause);
  }
}
