package dev.millrace.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.BrokerOptions;
import dev.millrace.devbroker.ChildKafka;
import dev.millrace.metrics.SourcePartition;
import dev.millrace.metrics.StageCounters;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Windows;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The cost of watermarks on a shuffle that carries nothing else: every partition gets ten records a
 * second, all of them are filtered out before the shuffle, and windows of 100 ms make a watermark
 * due with every 100 ms of event time.
 *
 * <p>Arguments: partitions of source and shuffle (default 64), measured seconds (default 30),
 * workers of each stage and instance (default: the engine's choice).
 */
public final class WatermarkFramesBenchmark {

  private static final String TOPIC = "ticks";
  private static final int WARM_UP_SECONDS = 20;

  private WatermarkFramesBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int partitions = args.length > 0 ? Integer.parseInt(args[0]) : 64;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 30;
    Path data = Files.createTempDirectory("millrace-benchmark");
    try (ChildKafka broker = ChildKafka.start(BrokerOptions.singleNode().withDataDirectory(data))) {
      String bootstrap = broker.bootstrapServers();
      createTopics(bootstrap, partitions);
      JobConfig config = JobConfig.defaults().with("bootstrap.servers", bootstrap);
      if (args.length > 2) {
        config = config.with("workers", args[2]);
      }
      ScheduledExecutorService ticker = Executors.newSingleThreadScheduledExecutor();
      try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap);
          RunningJob first = start(config, data.resolve("first"), partitions);
          RunningJob second = start(config, data.resolve("second"), partitions)) {
        ticker.scheduleAtFixedRate(() -> tick(producer, partitions), 0, 100, TimeUnit.MILLISECONDS);
        TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
        measure(broker, List.of(first, second), partitions, seconds);
      } finally {
        ticker.shutdownNow();
      }
    }
  }

  private static void measure(
      ChildKafka broker, List<RunningJob> instances, int partitions, int seconds)
      throws InterruptedException {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long framesBefore = frames(instances);
    long commitsBefore = commits(instances);
    long cpuBefore = system.getProcessCpuTime();
    Duration brokerBefore = brokerCpu(broker);
    long begun = System.nanoTime();
    TimeUnit.SECONDS.sleep(seconds);
    double took = (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%d upstream and %d downstream partitions, 2 instances, shares %s:%n"
            + "  %.0f frames/s that only tell the time, %.0f commits/s,"
            + " CPU %.2f cores (both instances) + %.2f (broker)%n"
            + "  oldest watermark moved %d ms ago%n",
        partitions,
        partitions,
        instances.stream().map(job -> job.metrics().source(TOPIC).size()).toList(),
        (frames(instances) - framesBefore) / took,
        (commits(instances) - commitsBefore) / took,
        (system.getProcessCpuTime() - cpuBefore) / 1e9 / took,
        brokerCpu(broker).minus(brokerBefore).toNanos() / 1e9 / took,
        instances.stream()
            .flatMap(job -> job.metrics().source(TOPIC).stream())
            .map(SourcePartition::watermarkAge)
            .mapToLong(Duration::toMillis)
            .max()
            .orElse(-1));
  }

  private static long frames(List<RunningJob> instances) {
    return instances.stream()
        .flatMap(job -> job.metrics().stages().values().stream())
        .mapToLong(StageCounters::watermarkFramesOut)
        .sum();
  }

  private static long commits(List<RunningJob> instances) {
    return instances.stream()
        .flatMap(job -> job.metrics().stages().values().stream())
        .mapToLong(StageCounters::commits)
        .sum();
  }

  private static Duration brokerCpu(ChildKafka broker) {
    return ProcessHandle.of(broker.pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElse(Duration.ZERO);
  }

  private static RunningJob start(JobConfig config, Path stateDir, int partitions) {
    Job job = Job.named("watermark-frames");
    job.source(
            KafkaSource.strings(TOPIC)
                .eventTime(text -> Instant.ofEpochMilli(Long.parseLong(text)))
                .watermarks(Watermarks.monotonous()))
        .filter(text -> text.isEmpty())
        .keyBy(text -> text)
        .parallelism(partitions)
        .window(Windows.tumbling(Duration.ofMillis(100)))
        .count()
        .name("counts")
        .map(result -> result.key() + " " + result.value())
        .to(KafkaSink.strings("counts"));
    return Millrace.start(job, config.with("state.dir", stateDir.toString()));
  }

  private static void tick(KafkaProducer<byte[], byte[]> producer, int partitions) {
    byte[] now = Long.toString(System.currentTimeMillis()).getBytes(StandardCharsets.UTF_8);
    for (int partition = 0; partition < partitions; partition++) {
      producer.send(new ProducerRecord<>(TOPIC, partition, null, now));
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(String bootstrap) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", bootstrap),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static void createTopics(String bootstrap, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(TOPIC, Optional.of(partitions), Optional.empty()),
                  new NewTopic("counts", Optional.of(1), Optional.empty())))
          .all()
          .get();
    }
  }
}
