package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.Job;
import dev.millrace.JobAdmin;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.internal.meta.InstanceReport;
import dev.millrace.internal.meta.JobNames;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import tools.jackson.databind.json.JsonMapper;

/**
 * A job on two instances that is moved step by step: it is known to have taken all that was sent,
 * with everything that follows from it, when the next step begins.
 *
 * <p>That is so when all stages have committed their inputs up to the ends: of a stage that has
 * committed its input, the results are in the shuffles, whose ends are read after the commits.
 */
final class SteppedJob implements AutoCloseable {

  private static final Duration GENEROUS = Duration.ofSeconds(60);
  private static final Duration GLANCE = Duration.ofSeconds(2);
  private static final Duration POLL = Duration.ofMillis(10);
  private static final int INSTANCES = 2;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TestBroker broker;
  private final String name;
  private final JobAdmin admin;
  private final List<RunningJob> instances = new ArrayList<>();
  private final Consumer<byte[], byte[]> scanner;
  private final Consumer<byte[], byte[]> reader;
  private final Consumer<byte[], byte[]> reports;
  private final Map<String, Set<TopicPartition>> inputs = new HashMap<>();

  /** The watermark of each task by stage and number: it never goes back. */
  private final Map<String, Long> watermarks = new HashMap<>();

  private final long tasks;

  /** Up to where nothing but markers of transactions lies after a position. */
  private final Map<TopicPartition, Stretch> markers = new HashMap<>();

  private record Stretch(long from, long to) {}

  /**
   * Starts the job and waits until both instances have tasks.
   *
   * @param outputs the topics that {@link #more} reads
   */
  SteppedJob(
      TestBroker broker,
      Job job,
      String name,
      Path stateDir,
      Map<String, String> settings,
      List<String> outputs) {
    this.broker = broker;
    this.name = name;
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("workers", "1")
            .with("commit.interval", "20ms")
            .with("status.interval", "100ms")
            .with("state.memory", "16MB");
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.with(setting.getKey(), setting.getValue());
    }
    this.scanner = consumer();
    this.reader = consumer();
    this.reports = consumer();
    this.admin = JobAdmin.connect(config);
    for (int i = 0; i < INSTANCES; i++) {
      instances.add(
          Millrace.start(
              job, config.with("state.dir", stateDir.resolve("instance-" + i).toString())));
    }
    List<TopicPartition> partitions =
        outputs.stream()
            .flatMap(topic -> reader.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    reader.assign(partitions);
    reader.seekToBeginning(partitions);
    until(
        "both instances have tasks",
        () -> {
          JobStatus now = admin.status(name);
          Set<String> owners = tasks(now).map(JobStatus.Task::instance).collect(Collectors.toSet());
          return now.isHealthy() && owners.size() == INSTANCES;
        });
    JobStatus status = admin.status(name);
    this.tasks = tasks(status).count();
    TopicPartition ofReports = new TopicPartition(new JobNames(name).statusTopic(), 0);
    reports.assign(List.of(ofReports));
    reports.seekToBeginning(List.of(ofReports));
    for (JobStatus.Stage stage : status.stages()) {
      inputs.put(
          stage.group(),
          stage.inputs().stream()
              .map(input -> new TopicPartition(input.topic(), input.partition()))
              .collect(Collectors.toSet()));
    }
  }

  /** {@return the settings of a job that tries again once, and then writes dead letters} */
  static Map<String, String> withDeadLetters(String topic) {
    return Map.of(
        "errors.policy", "dead-letter",
        "errors.retries", "1",
        "errors.retry.backoff", "0ms",
        "errors.topic", topic);
  }

  private Consumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", broker.bootstrapServers());
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "none");
    settings.put("fetch.max.wait.ms", "10");
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static Stream<JobStatus.Task> tasks(JobStatus status) {
    return status.stages().stream().flatMap(stage -> stage.tasks().stream());
  }

  void untilStatus(String what, Predicate<JobStatus> condition) {
    until(what, () -> condition.test(admin.status(name)));
  }

  /** Waits until every task of the job has fired up to a watermark, as instances report. */
  void awaitWatermark(Instant watermark) {
    until(
        "all tasks are at " + watermark,
        () -> {
          readReports();
          return watermarks.size() == tasks
              && watermarks.values().stream().allMatch(ms -> ms >= watermark.toEpochMilli());
        });
  }

  private void readReports() {
    for (ConsumerRecord<byte[], byte[]> record : reports.poll(POLL)) {
      if (record.value() == null) {
        continue;
      }
      InstanceReport report = JSON.readValue(record.value(), InstanceReport.class);
      report
          .stages()
          .forEach(
              (stage, share) ->
                  share
                      .tasks()
                      .forEach(
                          task ->
                              watermarks.merge(
                                  stage + " " + task.task(), task.watermark(), Math::max)));
    }
  }

  /** Waits until all that was sent is taken, with everything that follows from it. */
  void awaitTaken() {
    until("all that was sent is taken", this::isTaken);
  }

  private void until(String what, Callable<Boolean> condition) {
    await(what)
        .atMost(GENEROUS)
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL)
        .until(
            () -> {
              instances.forEach(instance -> assertThat(instance.failure()).isEmpty());
              return condition.call();
            });
  }

  private boolean isTaken() throws Exception {
    Map<String, ListConsumerGroupOffsetsSpec> groups = new HashMap<>();
    inputs.keySet().forEach(group -> groups.put(group, new ListConsumerGroupOffsetsSpec()));
    Map<String, Map<TopicPartition, OffsetAndMetadata>> committed =
        broker
            .admin()
            .listConsumerGroupOffsets(groups)
            .all()
            .get(GENEROUS.toSeconds(), TimeUnit.SECONDS);
    Set<TopicPartition> all = new HashSet<>();
    inputs.values().forEach(all::addAll);
    Map<TopicPartition, Long> ends = ends(all);
    Map<TopicPartition, Stretch> open = new HashMap<>();
    inputs.forEach(
        (group, partitions) -> {
          for (TopicPartition partition : partitions) {
            OffsetAndMetadata offset = committed.get(group).get(partition);
            Stretch rest = new Stretch(offset == null ? 0 : offset.offset(), ends.get(partition));
            if (rest.from() < rest.to() && !rest.equals(markers.get(partition))) {
              open.merge(partition, rest, (one, other) -> one.from() < other.from() ? one : other);
            }
          }
        });
    return open.isEmpty() || areMarkers(open);
  }

  private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) throws Exception {
    Map<TopicPartition, OffsetSpec> questions = new HashMap<>();
    partitions.forEach(partition -> questions.put(partition, OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    broker
        .admin()
        .listOffsets(questions)
        .all()
        .get(GENEROUS.toSeconds(), TimeUnit.SECONDS)
        .forEach((partition, found) -> ends.put(partition, found.offset()));
    return ends;
  }

  private boolean areMarkers(Map<TopicPartition, Stretch> open) {
    scanner.assign(open.keySet());
    open.forEach((partition, stretch) -> scanner.seek(partition, stretch.from()));
    // A transaction that is open ends with a commit, or with another look.
    long deadline = System.nanoTime() + GLANCE.toNanos();
    while (!open.entrySet().stream()
        .allMatch(each -> scanner.position(each.getKey()) >= each.getValue().to())) {
      if (!scanner.poll(POLL).isEmpty() || System.nanoTime() - deadline > 0) {
        return false;
      }
    }
    markers.putAll(open);
    return true;
  }

  /** {@return the results that have come since the last call; in order within a partition} */
  List<ConsumerRecord<byte[], byte[]>> more() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try {
      Map<TopicPartition, Long> ends = ends(reader.assignment());
      until(
          "results are committed",
          () -> {
            reader.poll(POLL).forEach(records::add);
            return ends.entrySet().stream()
                .allMatch(end -> reader.position(end.getKey()) >= end.getValue());
          });
    } catch (Exception e) {
      throw new IllegalStateException("Cannot read what the job has written", e);
    }
    records.sort(
        Comparator.<ConsumerRecord<byte[], byte[]>, String>comparing(ConsumerRecord::topic)
            .thenComparing(ConsumerRecord::partition)
            .thenComparing(ConsumerRecord::offset));
    return records;
  }

  @Override
  public void close() {
    instances.forEach(RunningJob::close);
    admin.close();
    scanner.close();
    reader.close();
    reports.close();
  }
}
