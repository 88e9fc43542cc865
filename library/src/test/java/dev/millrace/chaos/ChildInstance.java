package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.fail;

import dev.millrace.JobDefinition;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * An instance of a job in a JVM of its own, which can be killed, stopped and paused.
 *
 * <p>Its log goes to {@code target/chaos/<test>/<job>-<n>.log}: forks of one run share the
 * directory {@code target}, and each counts from 1.
 *
 * <p><b>Threads.</b> Confined to the test, besides the thread that reads its output.
 */
final class ChildInstance implements AutoCloseable {

  private static final AtomicInteger STARTED = new AtomicInteger();

  private final Process process;
  private final Path log;
  private final List<String> lines = new ArrayList<>();

  private ChildInstance(Process process, Path log) {
    this.process = process;
    this.log = log;
    Thread reader = new Thread(this::read, "child-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** What to start, as often as one likes. */
  record Spec(
      Class<? extends JobDefinition> job, Map<String, String> settings, List<String> arguments) {

    /** {@return an instance with little memory that is soon noticed to be dead} */
    static Spec of(Class<? extends JobDefinition> job, TestBroker broker, List<String> arguments) {
      return new Spec(
          job,
          Map.of(
              "bootstrap.servers", broker.bootstrapServers(),
              "session.timeout", "3s",
              "heartbeat.interval", "300ms",
              "state.memory", "16MB"),
          arguments);
    }

    Spec with(String key, String value) {
      JobConfig.defaults().with(key, value); // fails for a misspelt one
      Map<String, String> all = new java.util.TreeMap<>(settings);
      all.put(key, value);
      return new Spec(job, all, arguments);
    }
  }

  static ChildInstance start(Spec spec) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
                "-Dorg.slf4j.simpleLogger.log.dev.millrace=debug",
                "-cp",
                System.getProperty("java.class.path"),
                ChildMain.class.getName(),
                spec.job().getName()));
    spec.settings().forEach((key, value) -> command.add(key + "=" + value));
    command.add("--");
    command.addAll(spec.arguments());
    try {
      Path log =
          Files.createDirectories(logs())
              .resolve(spec.job().getSimpleName() + "-" + STARTED.incrementAndGet() + ".log");
      Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
      return new ChildInstance(process, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return the directory for logs of the test class that calls this} */
  static Path logs() {
    String test =
        StackWalker.getInstance()
            .walk(
                frames ->
                    frames
                        .map(frame -> frame.getClassName().replaceFirst("\\$.*", ""))
                        .filter(name -> name.endsWith("Test"))
                        .findFirst())
            .orElseThrow(() -> new IllegalStateException("No test class calls this"));
    return Path.of("target", "chaos", test.substring(test.lastIndexOf('.') + 1));
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      // The child is gone.
    }
  }

  private String line(String beginning) {
    synchronized (lines) {
      return lines.stream().filter(line -> line.startsWith(beginning)).findFirst().orElse("");
    }
  }

  /** {@return what the child has said, from a line on} */
  List<String> linesFrom(int first) {
    synchronized (lines) {
      return List.copyOf(lines.subList(Math.min(first, lines.size()), lines.size()));
    }
  }

  /** Hands a line to the child, which may be gone before it reads it. */
  void tell(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      // It is gone.
    }
  }

  /** {@return the number of its process} */
  long pid() {
    return process.pid();
  }

  /** {@return whether the child has said that it is at work} */
  boolean isReady() {
    return !line("READY").isEmpty();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  ChildInstance awaitReady() {
    return awaitReady(Duration.ofSeconds(60));
  }

  ChildInstance awaitReady(Duration atMost) {
    Awaitility.await("child is ready")
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              if (!isAlive()) {
                fail("The child ended before it was ready: %s, see %s", line("FAILED"), log);
              }
              return isReady();
            });
    return this;
  }

  /** Kills the child as {@code kill -9} does, and returns when it is gone. */
  void kill() {
    process.destroyForcibly();
    awaitExit(Duration.ofSeconds(10));
  }

  /** Stops the child with SIGSTOP: it hangs, and everybody believes it dead. */
  void pause() {
    signal("STOP");
  }

  /** Lets a paused child go on. */
  void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    try {
      int exit =
          new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      if (exit != 0) {
        fail("kill -%s of the child: exit code %s", signal, exit);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops the child in good order; returns its exit code. */
  int stop() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It is gone already.
    }
    awaitExit(Duration.ofSeconds(60));
    return process.exitValue();
  }

  /** {@return what the child said of its failure; empty if it did not fail} */
  String failure() {
    return line("FAILED");
  }

  /** {@return the counters that the child printed when it stopped in good order} */
  String metrics() {
    return line("METRICS");
  }

  Path log() {
    return log;
  }

  private void awaitExit(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
        fail("The child did not end within %s, see %s", atMost, log);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
