package dev.millrace.devbroker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;

/**
 * A real Kafka cluster in a JVM of its own, which can be killed and started again.
 *
 * <p><b>Contract.</b> {@link #start} returns when clients can use the cluster. {@link #kill} is
 * {@code kill -9}; {@link #restart} brings the cluster back on the same ports with the same data.
 * The child ends when this JVM ends, however it ends. {@link #close} stops it and deletes its data,
 * unless the options named a data directory.
 *
 * <p>The first start for a class path takes some seconds more than the later ones: it writes a
 * class archive into the cache directory.
 *
 * <p><b>Threads.</b> Safe for any thread.
 *
 * <p><b>Errors.</b> {@link DevBrokerException} with the end of the child's log if it does not come
 * up. This class needs nothing but the JDK: a program that starts the broker from a jar needs no
 * Kafka server on its class path.
 *
 * <p><b>Example.</b> {@code ChildKafka.start(ChildOptions.of(BrokerOptions.singleNode()))}
 */
public final class ChildKafka implements AutoCloseable {

  private static final String LOG_FILE = "broker.log";

  private final ChildOptions options;
  private final Path dataDirectory;

  /**
   * The options with the ports and the directory that were chosen, so that a restart finds them
   * again.
   */
  private BrokerOptions broker;

  private BrokerProcess process;
  private String bootstrapServers;
  private boolean closed;

  private ChildKafka(ChildOptions options, Path dataDirectory) {
    this.options = options;
    this.dataDirectory = dataDirectory;
    BrokerOptions asked = options.broker();
    int port = asked.firstPort() == 0 ? FreePorts.range(asked.nodes()).get(0) : asked.firstPort();
    this.broker = asked.withPort(port).withDataDirectory(dataDirectory);
    this.process = launch();
    this.bootstrapServers = process.awaitReady();
    // What the first start has deleted is gone; what it wrote must survive a restart.
    this.broker = broker.withExistingData(BrokerOptions.ExistingData.KEEP);
  }

  /**
   * Starts a cluster in a child JVM and waits until it is ready.
   *
   * @param options what it looks like and how it is launched
   * @throws DevBrokerException if it does not come up
   */
  public static ChildKafka start(ChildOptions options) {
    Path directory = options.broker().dataDirectory().orElseGet(DataDirectory::temporary);
    try {
      Files.createDirectories(directory);
      return new ChildKafka(options, directory.toAbsolutePath());
    } catch (IOException e) {
      throw new DevBrokerException(
          "Cannot start the broker: "
              + e
              + " (directory="
              + directory
              + "). Pass another directory.",
          e);
    } catch (RuntimeException e) {
      if (options.broker().dataDirectory().isEmpty()) {
        DataDirectory.deleteQuietly(directory);
      }
      throw e;
    }
  }

  /**
   * Starts a cluster from the class path of this JVM and waits until it is ready.
   *
   * @param broker what it looks like
   * @throws DevBrokerException if it does not come up
   */
  public static ChildKafka start(BrokerOptions broker) {
    return start(ChildOptions.of(broker));
  }

  /** {@return the addresses of all nodes, for {@code bootstrap.servers}; a restart keeps them} */
  public synchronized String bootstrapServers() {
    return bootstrapServers;
  }

  /** {@return the directory with the data of all nodes and the child's log} */
  public Path dataDirectory() {
    return dataDirectory;
  }

  /** {@return the process id of the child that was started last} */
  public synchronized long pid() {
    return process.pid();
  }

  /** {@return whether the child runs} */
  public synchronized boolean isAlive() {
    return process.isAlive();
  }

  /** Kills the child with SIGKILL, all nodes at once, and returns when it is gone. */
  public synchronized void kill() {
    process.kill();
  }

  /** Stops the child in good order; the data stays for a {@link #restart}. */
  public synchronized void stop() {
    process.stop();
  }

  /**
   * Starts the cluster again on the same ports and data, after a stop of the child if it runs.
   *
   * <p>After {@link #kill} this takes some seconds: a broker is let in again when its former
   * session has run out.
   *
   * @return the process id of the new child
   * @throws DevBrokerException if it does not come up
   */
  public synchronized long restart() {
    if (closed) {
      throw new IllegalStateException(
          "Cannot restart the broker: it was closed (directory="
              + dataDirectory
              + "). Start another one.");
    }
    stop();
    process = launch();
    bootstrapServers = process.awaitReady();
    return process.pid();
  }

  /** Stops the child; deletes the data unless the options named a directory for it. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (options.broker().dataDirectory().isPresent()) {
      stop();
    } else {
      // The data is deleted, so an orderly stop would serve nobody.
      kill();
      DataDirectory.deleteQuietly(dataDirectory);
    }
  }

  private BrokerProcess launch() {
    EnumSet<BrokerArguments.Flag> flags = EnumSet.of(BrokerArguments.Flag.EXIT_WITH_PARENT);
    if (options.broker().dataDirectory().isEmpty()) {
      // In case this JVM dies and cannot delete the data itself.
      flags.add(BrokerArguments.Flag.DELETE_DATA_WITH_PARENT);
    }
    return BrokerProcess.launch(
        options, BrokerArguments.of(broker, flags), dataDirectory.resolve(LOG_FILE));
  }
}
