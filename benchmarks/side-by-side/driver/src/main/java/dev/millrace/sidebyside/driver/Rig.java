package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.engine.EngineTask;
import dev.millrace.sidebyside.figures.Metric;
import dev.millrace.sidebyside.figures.Progress.Stretch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The rig that all runs share: the broker, the engines, the arguments.
 *
 * <p><b>Threads.</b> One.
 */
final class Rig {

  /** More than this share of the machine used by others spoils a run. */
  private static final double BUSY_PERCENT = 10;

  private final Kafka kafka;
  private final Arguments arguments;
  private final Path modules;
  private final Path logs;
  private final Map<String, String> settings = new LinkedHashMap<>();

  /**
   * Creates a rig.
   *
   * @param modules the directory with the engines' modules
   * @param logs the directory for what engines log
   */
  Rig(Kafka kafka, Arguments arguments, Path modules, Path logs) {
    this.kafka = kafka;
    this.arguments = arguments;
    this.modules = modules;
    this.logs = logs;
  }

  Kafka kafka() {
    return kafka;
  }

  Arguments arguments() {
    return arguments;
  }

  /** {@return the task of a run, which is the only one of that name} */
  EngineTask task(Contender contender, String name, String input, Path stateDirectory) {
    return new EngineTask(
        contender.engine().label(),
        contender.variant().workload(),
        arguments.suite().goal(),
        contender.tuning(),
        kafka.bootstrapServers(),
        name,
        input,
        name + "-out",
        contender.variant().partitions(),
        contender.variant().shuffles(),
        stateDirectory,
        arguments.overrides(contender.engine()));
  }

  EngineProcess start(Contender contender, EngineTask task) throws IOException {
    return EngineProcess.start(
        contender.engine(),
        task,
        modules,
        arguments.jvmOptions(),
        logs.resolve(task.name() + ".log"));
  }

  /** Keeps the version and settings of an engine for the report. */
  void keepSettings(Contender contender, EngineProcess process) {
    settings.put(
        contender.label(), process.version() + "; " + String.join(", ", process.settings()));
  }

  /** {@return versions and settings by contender, in words} */
  Map<String, String> settings() {
    return settings;
  }

  /** Refuses to go on while others use the CPU, if that was asked for. */
  void checkQuiet() throws IOException, InterruptedException {
    if (arguments.whenBusy() == Arguments.WhenBusy.REFUSE) {
      long startNanos = System.nanoTime();
      long busyMs = othersMs();
      Thread.sleep(2000);
      double percent =
          (othersMs() - busyMs) * 1e8 / (System.nanoTime() - startNanos) / processors();
      if (percent > BUSY_PERCENT) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "Cannot measure: other processes use the CPU (%.0f %% of it). End them, or pass"
                    + " --busy mark.",
                percent));
      }
    }
  }

  private long othersMs() throws IOException {
    return ProcFiles.machineBusyMs()
        - ProcFiles.cpuMs(kafka.pid())
        - ProcFiles.cpuMs(ProcessHandle.current().pid());
  }

  /** Adds what a stretch of a run has cost, per record. */
  static void addCosts(
      Map<Metric, Double> figures, EngineProcess process, Sampler sampler, Stretch stretch) {
    long from = stretch.fromMs();
    long to = stretch.toMs();
    double ms = to - from;
    double records = stretch.records();
    double engineMs = sampler.engineCpuMs().growth(from, to);
    double brokerMs = sampler.brokerCpuMs().growth(from, to);
    figures.put(Metric.ENGINE_CPU_MICROS, engineMs * 1000 / records);
    figures.put(Metric.BROKER_CPU_MICROS, brokerMs * 1000 / records);
    figures.put(Metric.CPU_MICROS, (engineMs + brokerMs) * 1000 / records);
    figures.put(Metric.ENGINE_CORES, engineMs / ms);
    figures.put(Metric.BROKER_CORES, brokerMs / ms);
    figures.put(Metric.GC_PERCENT, process.gcMs().growth(from, to) * 100 / ms);
    figures.put(Metric.ALLOCATED_BYTES, process.allocatedBytes().growth(from, to) / records);
    addOthers(figures, sampler, from, to);
  }

  /** Adds how much of the machine others used. */
  static void addOthers(Map<Metric, Double> figures, Sampler sampler, long fromMs, long toMs) {
    figures.put(
        Metric.OTHERS_PERCENT,
        Math.max(0, sampler.othersCpuMs().growth(fromMs, toMs))
            * 100
            / (toMs - fromMs)
            / processors());
  }

  /** {@return what has to be remarked about figures} */
  static List<String> remarks(Map<Metric, Double> figures) {
    return figures.getOrDefault(Metric.OTHERS_PERCENT, 0.0) > BUSY_PERCENT
        ? List.of("busy: other processes used the CPU, so this does not count")
        : List.of();
  }

  static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  /** Deletes what a run has left in Kafka, but for its input, and in its directories. */
  void cleanUp(String input, Path stateDirectory) throws Exception {
    kafka.deleteAllBut(input);
    delete(stateDirectory);
    delete(lost(stateDirectory));
  }

  /** Takes the local state of a task away, in no time however large it is. */
  void loseState(EngineTask task) throws IOException {
    Path lost = Files.createDirectory(lost(task.stateDirectory()));
    try (Stream<Path> files = Files.list(task.stateDirectory())) {
      for (Path file : files.filter(file -> !file.equals(task.sharedDirectory())).toList()) {
        Files.move(file, lost.resolve(file.getFileName()));
      }
    }
  }

  private static Path lost(Path stateDirectory) {
    return stateDirectory.resolveSibling(stateDirectory.getFileName() + "-lost");
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
