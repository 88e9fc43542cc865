package dev.millrace.benchmarks;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.metrics.StageCounters;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** The run of {@link LargeWindowBenchmark} in its small JVM. */
public final class LargeWindowChild {

  static final Duration WINDOW = Duration.ofHours(1);

  /** The key of records that only move time on. */
  static final String END = "end";

  private static final String STAGE = "counts";

  private LargeWindowChild() {}

  /** Arguments: brokers, input, output, keys, state memory. */
  public static void main(String[] args) throws Exception {
    long keys = Long.parseLong(args[3]);
    Job job = Job.named("bench-large-window-" + ProcessHandle.current().pid());
    job.source(
            KafkaSource.strings(args[1])
                .watermarks(
                    Watermarks.boundedOutOfOrderness(Duration.ofHours(1))
                        .idleness(Duration.ofHours(1))))
        .keyBy(String.class, key -> key)
        .window(Windows.tumbling(WINDOW))
        .count()
        .name(STAGE)
        .filter(result -> !result.key().equals(END))
        .map(String.class, result -> result.key() + " " + result.value())
        .to(KafkaSink.strings(args[2]));
    Path state = Files.createTempDirectory("millrace-benchmark-state");
    JobConfig config =
        JobConfig.builder()
            .set("bootstrap.servers", args[0])
            .set("state.dir", state.toString())
            .set("state.memory", args[4])
            .build();
    long begun = System.nanoTime();
    try (RunningJob running = Millrace.start(job, config)) {
      // A few records of the input's end come besides the keys.
      StageCounters collected = await(running, counters -> counters.recordsIn() >= keys);
      System.out.printf(
          Locale.ROOT,
          "collected in %.1f s, %,d transactions, heap at most %,d MB%n",
          (System.nanoTime() - begun) / 1e9,
          collected.commits(),
          heapPeakMb());
      long firing = System.nanoTime();
      StageCounters fired = await(running, counters -> counters.recordsOut() >= keys);
      System.out.printf(
          Locale.ROOT,
          "fired in %.1f s, %,d transactions, heap at most %,d MB%n",
          (System.nanoTime() - firing) / 1e9,
          fired.commits() - collected.commits(),
          heapPeakMb());
    }
  }

  private interface Condition {
    boolean holds(StageCounters counters);
  }

  private static StageCounters await(RunningJob running, Condition condition)
      throws InterruptedException {
    while (true) {
      StageCounters counters = running.metrics().stage(STAGE);
      if (condition.holds(counters)) {
        return counters;
      }
      if (running.awaitTermination(Duration.ofMillis(20))) {
        running.failure().ifPresent(Throwable::printStackTrace);
        throw new IllegalStateException("The job has ended: " + running.state());
      }
    }
  }

  /** What each pool had at most, added up: never less than what all had at any time. */
  private static long heapPeakMb() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .mapToLong(pool -> pool.getPeakUsage().getUsed())
            .sum()
        >> 20;
  }
}
