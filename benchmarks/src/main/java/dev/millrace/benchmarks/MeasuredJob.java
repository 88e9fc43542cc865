package dev.millrace.benchmarks;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.config.JobConfig;
import dev.millrace.metrics.StageCounters;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A job that runs in this JVM, whose cost is printed as figures of a {@link ChildJvm}: {@code
 * seconds} and {@code cpuSeconds} from its first record to its end, {@code commits}, and {@code
 * peakRssMb} of the JVM, from its start.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param sources the stages that read
 */
record MeasuredJob(Job job, JobConfig config, List<String> sources) {

  private static final Duration QUIET = Duration.ofSeconds(3);

  MeasuredJob {
    sources = List.copyOf(sources);
  }

  /** Reads what there is, and stops so that it can go on later. */
  void read(long records) throws InterruptedException {
    long begun = System.nanoTime();
    try (RunningJob running = Millrace.start(job, config)) {
      long before = -1;
      long moved = System.nanoTime();
      while (recordsFromSources(running) < records || System.nanoTime() - moved < QUIET.toNanos()) {
        checkRuns(running, Duration.ofMillis(100));
        long now =
            running.metrics().stages().values().stream().mapToLong(StageCounters::recordsIn).sum();
        if (now != before) {
          before = now;
          moved = System.nanoTime();
        }
      }
      ChildJvm.report("seconds", (moved - begun) / 1e9);
    }
  }

  /** Reads to the end of the input. */
  void toEnd() throws InterruptedException {
    try (RunningJob running = Millrace.start(job, config.with("until.end", "true"))) {
      while (recordsFromSources(running) == 0 && !running.awaitTermination(Duration.ofMillis(1))) {
        Thread.onSpinWait();
      }
      long cpu = cpuNanos();
      long begun = System.nanoTime();
      while (!running.awaitTermination(Duration.ofSeconds(1))) {
        Thread.onSpinWait();
      }
      running.failure().ifPresent(Throwable::printStackTrace);
      if (running.state() != InstanceState.FINISHED) {
        throw new IllegalStateException("The job did not finish: " + running.state());
      }
      ChildJvm.report("cpuSeconds", (cpuNanos() - cpu) / 1e9);
      ChildJvm.report("seconds", (System.nanoTime() - begun) / 1e9);
      ChildJvm.report(
          "commits",
          (double)
              running.metrics().stages().values().stream().mapToLong(StageCounters::commits).sum());
    }
    ChildJvm.report("peakRssMb", peakRssMb());
  }

  private long recordsFromSources(RunningJob running) {
    return sources.stream().mapToLong(source -> running.metrics().stage(source).recordsIn()).sum();
  }

  private static void checkRuns(RunningJob running, Duration atMost) throws InterruptedException {
    if (running.awaitTermination(atMost)) {
      running.failure().ifPresent(Throwable::printStackTrace);
      throw new IllegalStateException("The job has ended: " + running.state());
    }
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** {@return the most memory that this process has had; 0 where the system does not show it} */
  private static double peakRssMb() {
    Path status = Path.of("/proc/self/status");
    try {
      for (String line : Files.exists(status) ? Files.readAllLines(status) : List.<String>of()) {
        if (line.startsWith("VmHWM:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
        }
      }
    } catch (IOException e) {
      System.err.println("Cannot read " + status + ": " + e);
    }
    return 0;
  }
}
