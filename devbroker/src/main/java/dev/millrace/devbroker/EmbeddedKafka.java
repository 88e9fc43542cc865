package dev.millrace.devbroker;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
 * cluster, or a node does not come up. A node that meets a fault which would end a broker's
 * process, such as the loss of its data, does not end this one: the fault is logged, the cluster
 * stops, and {@link #bootstrapServers} and {@link #close} throw a {@link DevBrokerException} about
 * it.
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

  private static final String SESSION = "broker.session.timeout.ms";
  private static final String LONG_SESSION_MS = "60000";
  private static final long START_TIMEOUT_MS = 60_000;
  private static final long STOP_TIMEOUT_MS = 20_000;

  private final BrokerOptions options;
  private final DataDirectory data;
  private final String bootstrapServers;
  private final List<KafkaNode> nodes;
  private final @Nullable FatalFaults faults;
  private boolean closed;

  private EmbeddedKafka(
      BrokerOptions options,
      DataDirectory data,
      String bootstrapServers,
      List<KafkaNode> nodes,
      @Nullable FatalFaults faults) {
    this.options = options;
    this.data = data;
    this.bootstrapServers = bootstrapServers;
    this.nodes = nodes;
    this.faults = faults;
  }

  /**
   * Starts a cluster and waits until it is ready.
   *
   * @param options what it looks like
   * @throws DevBrokerException if it does not come up
   */
  public static EmbeddedKafka start(BrokerOptions options) {
    return start(options, Optional.empty(), Owner.SOMEBODY);
  }

  /**
   * Starts all nodes of a cluster, or the part of it that this process runs, in a process that is
   * there for nothing else and ends by a fatal fault.
   *
   * @throws DevBrokerException if it does not come up
   */
  static EmbeddedKafka startAlone(BrokerOptions options, Optional<ClusterPart> part) {
    return start(options, part, Owner.THE_BROKER);
  }

  /** The owner of the JVM. */
  private enum Owner {
    SOMEBODY,
    THE_BROKER
  }

  private static EmbeddedKafka start(
      BrokerOptions options, Optional<ClusterPart> part, Owner owner) {
    BrokerLogging.quieten();
    Path root = options.dataDirectory().orElseGet(DataDirectory::temporary);
    try {
      return start(options, part, owner, root);
    } catch (RuntimeException e) {
      if (options.dataDirectory().isEmpty()) {
        DataDirectory.deleteQuietly(root);
      }
      throw e;
    }
  }

  private static EmbeddedKafka start(
      BrokerOptions options, Optional<ClusterPart> part, Owner owner, Path root) {
    List<KafkaNode.Address> cluster = addresses(options, part);
    List<KafkaNode.Address> addresses =
        part.map(one -> List.of(cluster.get(one.node()))).orElse(cluster);
    refuseTakenPorts(addresses);
    DataDirectory data =
        DataDirectory.open(
            options,
            root,
            DataDirectory.newClusterId(),
            addresses.stream().map(KafkaNode.Address::id).toList());
    Map<String, String> properties = new TreeMap<>(options.serverProperties());
    boolean startsLater = options.dataDirectory().isPresent();
    // Handing over leadership serves a later start on the same data, which then need not wait for
    // the end of the old session. Without a later start it would only cost time.
    properties.putIfAbsent("controlled.shutdown.enable", Boolean.toString(startsLater));
    if (!startsLater && !options.serverOverrides().containsKey(SESSION)) {
      // Nobody waits for the end of such a session. A node that misses its own heartbeats, since
      // the machine is busy, is to keep its partitions: without a leader they lose markers of
      // transactions (KAFKA-20734).
      properties.put(SESSION, LONG_SESSION_MS);
    }
    String bootstrapServers =
        cluster.stream().map(KafkaNode.Address::client).collect(Collectors.joining(","));
    FatalFaults faults = owner == Owner.SOMEBODY ? new FatalFaults(bootstrapServers) : null;
    List<KafkaNode> nodes = new ArrayList<>();
    try {
      for (KafkaNode.Address address : addresses) {
        nodes.add(new KafkaNode(address, data, properties));
      }
      startAll(nodes, faults);
    } catch (Exception e) {
      stopAfterFailure(nodes, data, faults, e);
      throw startFailure(addresses, root, e);
    }
    EmbeddedKafka started = new EmbeddedKafka(options, data, bootstrapServers, nodes, faults);
    if (faults != null) {
      faults.first().whenComplete((none, fault) -> started.stopInBackground());
    }
    return started;
  }

  /**
   * {@return the addresses of all nodes, for {@code bootstrap.servers}}
   *
   * @throws DevBrokerException if the cluster has met a fatal fault
   */
  public String bootstrapServers() {
    fault().ifPresent(this::refuse);
    return bootstrapServers;
  }

  /** {@return the directory with the data of all nodes} */
  public Path dataDirectory() {
    return data.root();
  }

  /**
   * Stops all nodes; deletes the data unless the options named a directory for it. A second call
   * does nothing.
   *
   * @throws DevBrokerException after that, if the cluster had met a fatal fault before
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Optional<DevBrokerException> fault = fault();
    try {
      stopAll(nodes, data, faults);
    } catch (RuntimeException e) {
      if (fault.isEmpty()) {
        throw e;
      }
      fault.get().addSuppressed(e);
    } finally {
      if (options.dataDirectory().isEmpty()) {
        DataDirectory.deleteQuietly(data.root());
      }
    }
    fault.ifPresent(this::refuse);
  }

  private Optional<DevBrokerException> fault() {
    return faults == null ? Optional.empty() : faults.found();
  }

  private void refuse(DevBrokerException fault) {
    throw new DevBrokerException(
        "Cannot use the broker: it has stopped after a fatal fault (addresses="
            + bootstrapServers
            + "). The broker's log has the reason. Start another one.",
        fault);
  }

  /** What is left of a cluster must not go on answering clients: its process would be dead. */
  private void stopInBackground() {
    inParallel(nodes, KafkaNode::stop, faults);
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

  private static void startAll(List<KafkaNode> nodes, @Nullable FatalFaults faults) {
    CompletableFuture<Void> started = inParallel(nodes, KafkaNode::start, faults);
    CompletableFuture<?> settled =
        faults == null ? started : CompletableFuture.anyOf(started, faults.first());
    settled.orTimeout(START_TIMEOUT_MS, MILLISECONDS).join();
  }

  /**
   * A node is ready only once a majority is there, and leaves best while a majority is there.
   *
   * @return completes when all nodes have taken the step, or with the first failure of one
   */
  private static CompletableFuture<Void> inParallel(
      List<KafkaNode> nodes, Step step, @Nullable FatalFaults faults) {
    CompletableFuture<Void> firstFailure = new CompletableFuture<>();
    List<CompletableFuture<Void>> steps = new ArrayList<>();
    for (KafkaNode node : nodes) {
      CompletableFuture<Void> one = new CompletableFuture<>();
      one.whenComplete(
          (done, failure) -> {
            if (failure != null) {
              firstFailure.completeExceptionally(failure);
            }
          });
      steps.add(one);
      Runnable task = () -> complete(one, () -> step.on(node));
      Thread thread = new Thread(faults == null ? task : faults.watch(task), "devbroker-node");
      thread.setDaemon(true);
      thread.start();
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(steps.toArray(new CompletableFuture<?>[0]));
    return CompletableFuture.anyOf(all, firstFailure).thenApply(done -> null);
  }

  /** Whatever a step throws, somebody waits for its end. */
  private static void complete(CompletableFuture<Void> end, Runnable step) {
    try {
      step.run();
      end.complete(null);
    } catch (Throwable failure) {
      end.completeExceptionally(failure);
    }
  }

  /** Nodes that do not stop in time may still write, and so keep the right to their data. */
  private static void stopAll(
      List<KafkaNode> nodes, DataDirectory data, @Nullable FatalFaults faults) {
    inParallel(nodes, KafkaNode::stop, faults).orTimeout(STOP_TIMEOUT_MS, MILLISECONDS).join();
    data.close();
  }

  private static void stopAfterFailure(
      List<KafkaNode> nodes, DataDirectory data, @Nullable FatalFaults faults, Exception failure) {
    try {
      stopAll(nodes, data, faults);
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
