package dev.millrace.devbroker;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

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
  private static final long READY_TIMEOUT_MS = 90_000;
  private static final long STOP_TIMEOUT_MS = 20_000;
  private static final int LOG_TAIL_LINES = 20;

  private final ChildOptions options;
  private final Path dataDirectory;

  /** With the ports and the directory that were chosen, so that a restart finds them again. */
  private BrokerOptions broker;

  private Process process;
  private String bootstrapServers;
  private boolean closed;

  private ChildKafka(ChildOptions options, Path dataDirectory) {
    this.options = options;
    this.dataDirectory = dataDirectory;
    BrokerOptions asked = options.broker();
    int port = asked.firstPort() == 0 ? FreePorts.range(asked.nodes()).get(0) : asked.firstPort();
    this.broker = asked.withPort(port).withDataDirectory(dataDirectory);
    this.process = launch();
    this.bootstrapServers = awaitReady();
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
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Stops the child in good order; the data stays for a {@link #restart}. */
  public synchronized void stop() {
    endStdin();
    if (!exitsWithin(STOP_TIMEOUT_MS)) {
      kill();
    }
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
    bootstrapServers = awaitReady();
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
      // Nobody will read what good order would leave behind.
      kill();
      DataDirectory.deleteQuietly(dataDirectory);
    }
  }

  private Process launch() {
    Path log = dataDirectory.resolve(LOG_FILE);
    try {
      List<Path> classPath = ChildClassPath.entries(options);
      ProcessBuilder builder = new ProcessBuilder(command(classPath));
      // Not as an option: half a hundred jars would bury the rest of what ps shows.
      builder
          .environment()
          .put(
              "CLASSPATH",
              classPath.stream()
                  .map(Path::toString)
                  .collect(Collectors.joining(File.pathSeparator)));
      return builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    } catch (IOException e) {
      throw new DevBrokerException(
          "Cannot start the JVM of the broker: " + e + " (java=" + javaExecutable() + ").", e);
    }
  }

  private List<String> command(List<Path> classPath) {
    Optional<Path> archive = ClassArchive.locate(classPath, options.cacheDirectory());
    boolean archiveExists = archive.isPresent() && Files.isReadable(archive.get());
    List<String> command = new ArrayList<>();
    command.add(javaExecutable());
    // Serial GC: the broker's heap is small, and two dozen GC threads would only cost a start.
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC"));
    // Stdout carries the READY line; an archive that does not fit is reported there otherwise.
    command.addAll(List.of("-Xlog:disable", "-Xlog:all=error:stderr", "-Xshare:auto"));
    if (archiveExists) {
      ClassArchive.touch(archive.get());
    }
    archive.ifPresent(
        file ->
            command.add(
                archiveExists ? "-XX:SharedArchiveFile=" + file : "-XX:+RecordDynamicDumpInfo"));
    command.addAll(options.jvmOptions());
    command.add(BrokerMain.class.getName());
    command.addAll(arguments(archive.filter(file -> !archiveExists)).toWords());
    return command;
  }

  private BrokerArguments arguments(Optional<Path> archiveToWrite) {
    EnumSet<BrokerArguments.Flag> flags = EnumSet.of(BrokerArguments.Flag.EXIT_WITH_PARENT);
    if (options.broker().dataDirectory().isEmpty()) {
      // For the case that this JVM dies and cannot do it.
      flags.add(BrokerArguments.Flag.DELETE_DATA_WITH_PARENT);
    }
    return new BrokerArguments(broker, flags, archiveToWrite);
  }

  private static String javaExecutable() {
    boolean windows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
    return Path.of(System.getProperty("java.home"), "bin", windows ? "java.exe" : "java")
        .toString();
  }

  private String awaitReady() {
    CompletableFuture<String> ready = new CompletableFuture<>();
    Process child = process;
    Thread reader = new Thread(() -> readLines(child, ready), "devbroker-child-output");
    reader.setDaemon(true);
    reader.start();
    try {
      return ready.get(READY_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      kill();
      throw new DevBrokerException(
          "Cannot start the broker: "
              + (e instanceof TimeoutException
                  ? "it was not ready within " + READY_TIMEOUT_MS + " ms"
                  : "its process ended with exit code " + process.exitValue())
              + " (port="
              + broker.firstPort()
              + ", directory="
              + dataDirectory
              + "). The end of its log:\n"
              + logTail(),
          e);
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw new DevBrokerException("Cannot start the broker: the thread was interrupted.", e);
    }
  }

  /** Reads on after the READY line: a child that fills its pipe would stand still. */
  private static void readLines(Process child, CompletableFuture<String> ready) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(BrokerMain.READY)) {
          ready.complete(line.substring(BrokerMain.READY.length()));
        }
      }
    } catch (IOException | UncheckedIOException ended) {
      // The end of the pipe, in its impolite form.
    }
    child.onExit().join();
    ready.completeExceptionally(new IllegalStateException("the process has ended"));
  }

  private String logTail() {
    try {
      List<String> lines = Files.readAllLines(dataDirectory.resolve(LOG_FILE));
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(not readable: " + e + ")";
    }
  }

  private void endStdin() {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(BrokerMain.STOP);
    } catch (IOException alreadyGone) {
      // Then the child has seen the end, too.
    }
  }

  private boolean exitsWithin(long timeoutMs) {
    try {
      return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
