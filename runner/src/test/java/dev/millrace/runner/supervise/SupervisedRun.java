package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * A supervisor and its instance, in two JVMs of their own.
 *
 * <p><b>Threads.</b> Confined to the test, besides the thread that reads stderr.
 */
final class SupervisedRun implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Process supervisor;
  private final Path pidFile;
  private final List<String> lines = new ArrayList<>();
  private final List<ProcessHandle> instances = new ArrayList<>();
  private final Thread reader;

  private SupervisedRun(Process supervisor, Path pidFile) {
    this.supervisor = supervisor;
    this.pidFile = pidFile;
    this.reader = new Thread(this::read, "supervisor-stderr");
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts both, with further words of the command line. */
  static SupervisedRun start(Path directory, List<String> words) throws IOException {
    Path pidFile = directory.resolve("instance.pid");
    List<String> command = new ArrayList<>();
    // Whoever started the test may ignore signals, as nohup does, and all its children with it.
    command.addAll(List.of("env", "--default-signal=HUP,INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx32m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("dev.millrace.runner.Main", "run", "--supervise"));
    command.addAll(List.of("--pid-file", pidFile.toString(), "--jvm-options"));
    command.add("-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    command.addAll(words);
    Process process = new ProcessBuilder(command).start();
    process.getOutputStream().close();
    return new SupervisedRun(process, pidFile);
  }

  private void read() {
    try (BufferedReader err =
        new BufferedReader(
            new InputStreamReader(supervisor.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        synchronized (lines) {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      // The supervisor is gone.
    }
  }

  List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** Waits until so many lines of stderr have this in them. */
  void awaitLines(int count, String part) {
    Awaitility.await(part)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast(() -> assertThat(supervisor.isAlive()).as("%s", lines()).isTrue())
        .until(() -> lines().stream().filter(line -> line.contains(part)).count() >= count);
  }

  /** Waits until a line of stderr is found. */
  String awaitLine(String what, Predicate<String> isIt) {
    return Awaitility.await(what)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast(() -> assertThat(supervisor.isAlive()).as("%s", lines()).isTrue())
        .until(() -> lines().stream().filter(isIt).reduce((one, next) -> next), Optional::isPresent)
        .orElseThrow();
  }

  /** {@return the resident memory of the supervisor, in KiB} */
  long residentKiB() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  /** {@return the process of the instance, which is another one after each restart} */
  ProcessHandle instance() throws IOException {
    return instanceIfAny().orElseThrow();
  }

  /** {@return the same; empty if it is gone, and no other was started} */
  Optional<ProcessHandle> instanceIfAny() throws IOException {
    Optional<ProcessHandle> found =
        ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip()));
    found.ifPresent(instances::add);
    return found;
  }

  long pid() {
    return supervisor.pid();
  }

  void killSupervisor() {
    supervisor.destroyForcibly();
  }

  void signal(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
  }

  /** {@return the exit code of the supervisor, all lines of which are there by then} */
  int awaitEnd() throws InterruptedException {
    assertThat(supervisor.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("%s", lines())
        .isTrue();
    reader.join(PATIENCE.toMillis());
    return supervisor.exitValue();
  }

  @Override
  public void close() {
    supervisor.destroyForcibly();
    instances.forEach(ProcessHandle::destroyForcibly);
  }
}
