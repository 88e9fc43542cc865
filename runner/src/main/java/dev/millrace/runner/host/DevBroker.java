package dev.millrace.runner.host;

import static java.util.Objects.requireNonNull;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The development broker, {@code devbroker.jar}, as a process of its own. It ends when its stdin
 * does, so it never outlives this process.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class DevBroker implements AutoCloseable {

  /** The system property that names the jar; it is not a setting. */
  public static final String JAR_PROPERTY = "millrace.devbroker.jar";

  private static final String MAIN = "dev.millrace.devbroker.BrokerMain";
  private static final String READY = "READY ";
  private static final long READY_TIMEOUT_S = 90;
  private static final long STOP_TIMEOUT_S = 20;
  private static final int LOG_TAIL_LINES = 15;

  private final Process process;
  private final Path log;
  private final CompletableFuture<String> ready = new CompletableFuture<>();

  private DevBroker(Process process, Path log, PrintStream err) {
    this.process = process;
    this.log = log;
    Thread reader = new Thread(() -> read(err), "devbroker-output");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts the process.
   *
   * @param words its command line
   * @param data its data directory, where its log goes
   */
  public static DevBroker launch(List<String> words, Path data, PrintStream err) {
    Path jar = jar();
    try {
      Path log = Files.createDirectories(data).resolveSibling(data.getFileName() + ".log");
      Process process = new ProcessBuilder(command(jar, words)).redirectError(log.toFile()).start();
      return new DevBroker(process, log, err);
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot start the broker: " + e + " (directory=" + data + "). Choose another with --data",
          e);
    }
  }

  private static List<String> command(Path jar, List<String> words) throws IOException {
    boolean windows =
        System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
    List<String> command = new ArrayList<>();
    command.add(
        Path.of(System.getProperty("java.home"), "bin", windows ? "java.exe" : "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC"));
    // Its stdout is for the READY line; an archive that does not fit would be reported there.
    command.addAll(List.of("-Xlog:disable", "-Xlog:all=error:stderr", "-Xshare:auto"));
    Optional<Path> archive = archive(jar);
    boolean exists = archive.isPresent() && Files.isReadable(archive.get());
    archive.ifPresent(
        file ->
            command.add(exists ? "-XX:SharedArchiveFile=" + file : "-XX:+RecordDynamicDumpInfo"));
    command.addAll(List.of("-cp", jar.toString(), MAIN, "--exit-with-parent"));
    if (archive.isPresent() && !exists) {
      command.addAll(List.of("--class-archive", archive.get().toString()));
    }
    command.addAll(words);
    return command;
  }

  /** {@return where the broker's classes are kept parsed, which halves its start} */
  private static Optional<Path> archive(Path jar) throws IOException {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path caches =
        configured == null || configured.isEmpty()
            ? Path.of(System.getProperty("user.home", "."), ".cache")
            : Path.of(configured);
    Path cache = caches.resolve("millrace");
    try {
      Files.createDirectories(cache);
    } catch (IOException slowerThen) {
      return Optional.empty();
    }
    // A JVM refuses an archive of a jar that was touched, or of another JVM.
    int fingerprint =
        Objects.hash(
            jar.toString(),
            Files.size(jar),
            Files.getLastModifiedTime(jar).toMillis(),
            System.getProperty("java.home"),
            System.getProperty("java.vm.version"));
    return Files.isWritable(cache)
        ? Optional.of(cache.resolve(String.format("broker-run-%08x.jsa", fingerprint)))
        : Optional.empty();
  }

  /**
   * {@return devbroker.jar: where the JVM option names it, else beside this jar or where the build
   * puts it}
   */
  private static Path jar() {
    String told = System.getProperty(JAR_PROPERTY);
    List<Path> places = new ArrayList<>();
    if (told != null) {
      places.add(Path.of(told));
    } else {
      Path directory = ownDirectory();
      places.add(directory.resolve("devbroker.jar"));
      places.add(directory.resolve("../../devbroker/target/devbroker.jar"));
    }
    return places.stream()
        .filter(Files::isRegularFile)
        .findFirst()
        .map(found -> found.toAbsolutePath().normalize())
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "Cannot start the broker: there is no "
                        + places
                        + ". Build it (mvn package), or say where it is with java -D"
                        + JAR_PROPERTY
                        + "=FILE -jar runner.jar"));
  }

  private static Path ownDirectory() {
    CodeSource source = DevBroker.class.getProtectionDomain().getCodeSource();
    try {
      Path own = Path.of(requireNonNull(source).getLocation().toURI());
      return requireNonNull(own.toAbsolutePath().getParent());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads on after the READY line: a process whose pipe is full would block. */
  private void read(PrintStream err) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      // The first line describes it; what the JVM itself may print later is of no interest.
      String first = lines.readLine();
      if (first != null) {
        err.println(first);
      }
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(READY)) {
          ready.complete(line.substring(READY.length()));
        }
      }
    } catch (IOException | UncheckedIOException ended) {
      // A broken pipe has ended, too.
    }
    process.onExit().join();
    ready.completeExceptionally(new IllegalStateException("the process has ended"));
  }

  /** Waits until clients can connect. */
  public void awaitReady() {
    try {
      ready.get(READY_TIMEOUT_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw notStarted("it ended with exit code " + process.exitValue(), e);
    } catch (TimeoutException e) {
      throw notStarted("it was not ready within " + READY_TIMEOUT_S + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notStarted("the thread was interrupted", e);
    }
  }

  private MillraceException notStarted(String reason, Exception cause) {
    return new MillraceException(
        "Cannot start the broker: " + reason + ". The end of " + log + ":\n" + logTail(), cause);
  }

  private String logTail() {
    try {
      return end(Files.readAllLines(log));
    } catch (IOException e) {
      return "(not readable: " + e + ")";
    }
  }

  /** {@return the last lines without the frames of stack traces, which would leave no other} */
  static String end(List<String> log) {
    List<String> lines = log.stream().filter(line -> !line.startsWith("\tat ")).toList();
    return String.join(
        "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
  }

  /** {@return the addresses for {@code bootstrap.servers}; call {@link #awaitReady} first} */
  public String bootstrapServers() {
    return ready.join();
  }

  /** Waits for the end of the process; returns its exit code. */
  public int awaitExit() throws InterruptedException {
    return process.waitFor();
  }

  /** Stops the process in good order. */
  @Override
  public void close() {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write('\n');
    } catch (IOException alreadyGone) {
      // A process that is gone needs no request.
    }
    try {
      if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
