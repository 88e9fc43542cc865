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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * One run of {@link BrokerMain} in a JVM of its own.
 *
 * <p><b>Threads.</b> Confined to the object that launched it, which calls it under a lock.
 */
final class BrokerProcess {

  private static final long READY_TIMEOUT_MS = 90_000;
  private static final long STOP_TIMEOUT_MS = 20_000;
  private static final int LOG_TAIL_LINES = 20;

  private final Process process;
  private final BrokerOptions broker;
  private final Path log;
  private final CompletableFuture<String> ready = new CompletableFuture<>();

  private BrokerProcess(Process process, BrokerOptions broker, Path log) {
    this.process = process;
    this.broker = broker;
    this.log = log;
    Thread reader = new Thread(this::readLines, "devbroker-child-output");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Launches a JVM and returns at once.
   *
   * @param options how it is launched
   * @param arguments what it runs, without a class archive
   * @param log gets what it writes to stderr, after what is there
   */
  static BrokerProcess launch(ChildOptions options, BrokerArguments arguments, Path log) {
    try {
      List<Path> classPath = ChildClassPath.entries(options);
      ProcessBuilder builder = new ProcessBuilder(command(options, arguments, classPath));
      // In the environment, not as an option: half a hundred jars would bury the rest of what ps
      // shows.
      builder
          .environment()
          .put(
              "CLASSPATH",
              classPath.stream()
                  .map(Path::toString)
                  .collect(Collectors.joining(File.pathSeparator)));
      Process process =
          builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
      return new BrokerProcess(process, arguments.broker(), log);
    } catch (IOException e) {
      throw new DevBrokerException(
          "Cannot start the JVM of the broker: " + e + " (java=" + javaExecutable() + ").", e);
    }
  }

  private static List<String> command(
      ChildOptions options, BrokerArguments arguments, List<Path> classPath) {
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
    command.addAll(arguments.withClassArchive(archive.filter(file -> !archiveExists)).toWords());
    return command;
  }

  private static String javaExecutable() {
    boolean windows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
    return Path.of(System.getProperty("java.home"), "bin", windows ? "java.exe" : "java")
        .toString();
  }

  /**
   * Waits until clients can connect; kills the process if that takes too long.
   *
   * @return the addresses for {@code bootstrap.servers}
   * @throws DevBrokerException with the end of the log if it does not come up
   */
  String awaitReady() {
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
              + log.getParent()
              + "). The end of its log:\n"
              + logTail(),
          e);
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw new DevBrokerException("Cannot start the broker: the thread was interrupted.", e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Kills the process with SIGKILL and returns when it is gone. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Stops the process in good order, and kills it if that takes too long. */
  void stop() {
    beginStop();
    awaitStop();
  }

  /** Asks the process to stop in good order, and returns at once. */
  void beginStop() {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(BrokerMain.STOP);
    } catch (IOException alreadyGone) {
      // A child that is gone needs no request.
    }
  }

  /** Waits until a process that was asked to stop is gone; kills it if that takes too long. */
  void awaitStop() {
    if (!exitsWithin(STOP_TIMEOUT_MS)) {
      kill();
    }
  }

  /** Sends a signal by name, which takes a system with a {@code kill} command. */
  void signal(String name) {
    try {
      int exit =
          new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (exit != 0) {
        throw new DevBrokerException(
            "Cannot send SIG"
                + name
                + " to the broker: kill ended with exit code "
                + exit
                + " (pid="
                + pid()
                + "). Look whether it runs.");
      }
    } catch (IOException e) {
      throw new DevBrokerException(
          "Cannot send SIG" + name + " to the broker: " + e + " (pid=" + pid() + ").", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DevBrokerException("Cannot send SIG" + name + ": the thread was interrupted.", e);
    }
  }

  /** Reads on after the READY line: a child whose pipe is full would block. */
  private void readLines() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(BrokerMain.READY)) {
          ready.complete(line.substring(BrokerMain.READY.length()));
        }
      }
    } catch (IOException | UncheckedIOException ended) {
      // A broken pipe has ended, too.
    }
    process.onExit().join();
    ready.completeExceptionally(new IllegalStateException("the process has ended"));
  }

  private String logTail() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(not readable: " + e + ")";
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
