package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Series;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An engine in a JVM of its own, and what that reports.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class EngineProcess implements AutoCloseable {

  private static final int STOP_SECONDS = 30;

  private final Process process;
  private final Path log;
  private final long startMs;
  private final Series gcMs = new Series();
  private final Series allocatedBytes = new Series();
  private final Series progress = new Series();
  private final List<String> settings = Collections.synchronizedList(new ArrayList<>());
  private volatile String version = "";
  private volatile boolean started;

  private EngineProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.startMs = System.currentTimeMillis();
    Thread reader = new Thread(this::read, "engine-output");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts an engine.
   *
   * @param modules the directory of the engines' modules
   * @param jvmOptions options that all engines get
   * @param log a file for what it logs, which is added to
   */
  static EngineProcess start(
      EngineChoice engine, EngineTask task, Path modules, List<String> jvmOptions, Path log)
      throws IOException {
    Path target = modules.resolve(engine.module()).resolve("target");
    if (!Files.isDirectory(target.resolve("lib"))) {
      throw new IllegalStateException(
          "Cannot start the engine: its module is not built (directory="
              + target
              + "). Start it by benchmarks/bench, which builds it.");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(engine.jvmOptions());
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.addAll(List.of("-cp", target.resolve("classes") + ":" + target.resolve("lib") + "/*"));
    command.add(engine.mainClass());
    command.addAll(task.toWords());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    return new EngineProcess(builder.start(), log);
  }

  private void read() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        take(line);
      }
    } catch (IOException e) {
      if (process.isAlive()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void take(String line) {
    String[] words = line.split(" ", 2);
    String rest = words.length == 2 ? words[1] : "";
    switch (words[0]) {
      case "@version" -> version = rest;
      case "@setting" -> settings.add(rest);
      case "@started" -> started = true;
      case "@progress" -> {
        String[] values = rest.split(" ");
        progress.add(Long.parseLong(values[0]), Long.parseLong(values[1]));
      }
      case "@jvm" -> {
        String[] values = rest.split(" ");
        long epochMs = Long.parseLong(values[0]);
        gcMs.add(epochMs, Long.parseLong(values[1]));
        allocatedBytes.add(epochMs, Long.parseLong(values[2]));
      }
      default -> System.err.println("    " + line);
    }
  }

  long pid() {
    return process.pid();
  }

  /** {@return when it was started, in milliseconds since the epoch} */
  long startMs() {
    return startMs;
  }

  /** Waits until the engine has been started in it. */
  void awaitStarted() throws IOException, InterruptedException {
    while (!started) {
      checkAlive();
      Thread.sleep(20);
    }
  }

  /** Throws what ended it, if it has ended. */
  void checkAlive() throws IOException {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "the engine ended (exit code " + process.exitValue() + "): " + lastLines());
    }
  }

  private String lastLines() throws IOException {
    List<String> lines =
        Files.readAllLines(log).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
            .toList();
    return String.join(" / ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
  }

  String version() {
    return version;
  }

  /** {@return its settings as key=value} */
  List<String> settings() {
    return List.copyOf(settings);
  }

  /** {@return milliseconds in garbage collections} */
  Series gcMs() {
    return gcMs;
  }

  Series allocatedBytes() {
    return allocatedBytes;
  }

  /** {@return records that an engine without output has read} */
  Series progress() {
    return progress;
  }

  /** Ends it as {@code kill -9} does, and waits until it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Stops it in good order, or kills it if that takes long. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
