package dev.millrace.benchmarks;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.InstanceState;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSource;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** One run of {@link WindowsBenchmark}. */
public final class WindowsChild {

  record Reading(String sensor, long value) {}

  record Stats(long count, long max) {}

  private static final LongAdder RESULTS = new LongAdder();
  private static final LongAdder COUNTED = new LongAdder();

  private WindowsChild() {}

  /** Arguments: brokers, topic, tumbling|sliding, records. */
  public static void main(String[] args) throws Exception {
    WindowSpec<Object> window =
        args[2].equals("tumbling")
            ? Windows.tumbling(Duration.ofSeconds(60))
            : Windows.sliding(Duration.ofSeconds(60), Duration.ofSeconds(1));
    long records = Long.parseLong(args[3]);
    Job job = Job.named("bench-" + args[2] + "-" + ProcessHandle.current().pid());
    job.source(
            KafkaSource.json(args[1], Reading.class)
                .watermarks(Watermarks.boundedOutOfOrderness(Duration.ofSeconds(1))))
        .keyBy(Reading::sensor)
        .window(window)
        .aggregate(new CountAndMax())
        .name("stats")
        .peek(
            result -> {
              RESULTS.increment();
              COUNTED.add(result.value().count());
            });
    Path state = Files.createTempDirectory("millrace-benchmark-state");
    JobConfig config =
        JobConfig.builder()
            .set("bootstrap.servers", args[0])
            .set("state.dir", state.toString())
            .set("until.end", "true")
            .build();
    try (RunningJob running = Millrace.start(job, config)) {
      while (running.metrics().stage(args[1]).recordsIn() == 0
          && !running.awaitTermination(Duration.ofMillis(1))) {
        Thread.onSpinWait();
      }
      long started = cpuNanos();
      long startedNanos = System.nanoTime();
      while (!running.awaitTermination(Duration.ofSeconds(1))) {
        Thread.onSpinWait();
      }
      running.failure().ifPresent(Throwable::printStackTrace);
      if (running.state() != InstanceState.FINISHED) {
        throw new IllegalStateException("The job did not finish: " + running.state());
      }
      System.out.println("NANOS " + (double) (cpuNanos() - started) / records);
      System.out.printf(
          Locale.ROOT,
          "%,.0f records/s, %,d results over %,d records%n",
          records * 1e9 / (System.nanoTime() - startedNanos),
          RESULTS.sum(),
          COUNTED.sum());
      System.out.println(running.metrics());
    }
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Count and maximum in one. */
  private static final class CountAndMax implements Aggregation<Reading, Stats, Stats> {

    private static final long serialVersionUID = 1L;

    @Override
    public Stats create() {
      return new Stats(0, Long.MIN_VALUE);
    }

    @Override
    public Stats add(Stats stats, Reading reading) {
      return new Stats(stats.count() + 1, Math.max(stats.max(), reading.value()));
    }

    @Override
    public Stats merge(Stats left, Stats right) {
      return new Stats(left.count() + right.count(), Math.max(left.max(), right.max()));
    }

    @Override
    public Stats finish(Stats stats) {
      return stats;
    }

    @Override
    public TypeRef<Stats> accumulatorType() {
      return TypeRef.of(Stats.class);
    }

    @Override
    public TypeRef<Stats> resultType() {
      return TypeRef.of(Stats.class);
    }
  }
}
