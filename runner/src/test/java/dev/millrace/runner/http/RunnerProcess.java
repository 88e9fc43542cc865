package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The command line in a JVM of its own, whose stderr is read. */
final class RunnerProcess implements AutoCloseable {

  private static final Pattern ADDRESS = Pattern.compile("its dashboard is at (\\S+)");

  private final Process process;
  private final List<String> lines = new ArrayList<>();

  private RunnerProcess(Process process) {
    this.process = process;
    Thread reader = new Thread(this::read, "runner-stderr");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts it with these words. */
  static RunnerProcess start(List<String> words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("dev.millrace.runner.Main");
    command.addAll(words);
    return new RunnerProcess(
        new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
  }

  private void read() {
    try (BufferedReader err =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      // The process is gone.
    }
  }

  private Optional<URI> address() {
    synchronized (lines) {
      return lines.stream()
          .map(ADDRESS::matcher)
          .filter(Matcher::find)
          .map(found -> URI.create(found.group(1)))
          .findFirst();
    }
  }

  /** {@return where it serves, once it does} */
  URI uri() {
    Awaitility.await("the address of an instance")
        .atMost(Duration.ofMinutes(2))
        .failFast(() -> assertThat(process.isAlive()).as("%s", text()).isTrue())
        .until(() -> address().isPresent());
    return address().orElseThrow();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String text() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  /** Kills it as {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor()).isNotZero();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
