package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.JobAdmin;
import dev.millrace.KeyedStream;
import dev.millrace.Millrace;
import dev.millrace.RevisedWindowedStream;
import dev.millrace.RunningJob;
import dev.millrace.Table;
import dev.millrace.admin.JobStatus;
import dev.millrace.chaos.CommittedReader;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.operator.window.BrokerScript.Item;
import dev.millrace.internal.operator.window.BrokerScript.Line;
import dev.millrace.internal.operator.window.WindowCases.Case;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.output.OutputTag;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/**
 * The table of windows on a real broker: four partitions, two instances, all lines at once.
 *
 * <p>All kinds of windows are behind one shuffle. That a watermark has arrived there is seen by a
 * window of one millisecond per task that it closes: its result is in the same transaction as all
 * else that the watermark closed, so what is read up to it is exact. Lines whose records all come
 * ahead of the first watermark run a second time, each kind behind a shuffle of its own, where
 * records are added up ahead of it.
 */
@WithBroker
final class WindowCasesOnBrokerTest {

  private static final int PARTITIONS = 4;
  private static final int TASKS = 4;

  /** The partition that no records of lines are in, so that its watermark is the smallest. */
  private static final int TIMEKEEPER = PARTITIONS - 1;

  /** Kinds that have a shuffle of their own as well. */
  private static final Set<String> APART =
      Set.of("tumbling", "sliding", "cumulative", "session", "tumbling-on-update");

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;

  private final List<Line> lines = BrokerScript.lines();

  /** What came of each line, by what the output records begin with. */
  private final Map<String, List<String>> results = new TreeMap<>();

  /** What came of probes. */
  private final Set<String> arrivals = new LinkedHashSet<>();

  @Test
  void linesHoldOnTwoInstances(TestBroker broker) {
    long begun = System.nanoTime();
    assertThat(lines).hasSizeGreaterThanOrEqualTo(WindowCases.all().size() / 3);
    String in = broker.createTopic(broker.uniqueName("lines"), PARTITIONS);
    String out = broker.createTopic(broker.uniqueName("results"), 1);
    JobConfig config =
        JobConfig.defaults()
            .with("bootstrap.servers", broker.bootstrapServers())
            .with("commit.interval", "20ms")
            .with("status.interval", "200ms")
            .with("workers", "1");
    TreeSet<Long> watermarks =
        lines.stream()
            .flatMap(line -> line.records().keySet().stream())
            .collect(Collectors.toCollection(TreeSet::new));
    try (RunningJob one = start(in, out, config, "one");
        RunningJob two = start(in, out, config, "two");
        CommittedReader reader = new CommittedReader(broker, out)) {
      awaitShared(config, in + "-job");
      for (long watermark : watermarks) {
        moveTime(broker, in, reader, watermark);
        send(broker, in, reader, watermark);
        for (Line line : lines) {
          if (line.lastMs() == watermark) {
            check(line, reader);
          }
        }
      }
      assertThat(List.of(one, two))
          .allSatisfy(instance -> assertThat(instance.failure()).isEmpty());
    }
    System.out.printf(
        "WINDOWS ON A BROKER: %d of %d lines, %d watermarks, %.1f s%n",
        lines.size(),
        WindowCases.all().size(),
        watermarks.size(),
        (System.nanoTime() - begun) / 1e9);
  }

  // ------------------------------------------------------------------ the job

  private RunningJob start(String in, String out, JobConfig config, String instance) {
    return Millrace.start(
        job(in, out), config.with("state.dir", directory.resolve(instance).toString()));
  }

  private Job job(String in, String out) {
    Job job = Job.named(in + "-job");
    DataStream<Item> items =
        job.source(
                KafkaSource.json(in, Item.class)
                    .eventTime(item -> Instant.ofEpochMilli(item.timeMs()))
                    .watermarks(
                        Watermarks.monotonous()
                            .idleness(Duration.ofHours(1))
                            .maxFuture(Duration.ofDays(36_500))))
            .filter(item -> !item.key().isEmpty());
    KeyedStream<String, Item> together = items.keyBy(Item::key).parallelism(TASKS);
    Map<String, Case> kinds = new LinkedHashMap<>();
    lines.forEach(line -> kinds.putIfAbsent(line.kind(), line.line()));
    kinds.forEach(
        (kind, line) -> {
          windows(together, line, kind, "together", out);
          if (APART.contains(kind)) {
            KeyedStream<String, Item> apart =
                items
                    .filter(item -> item.key().startsWith(kind + "#"))
                    .keyBy(Item::key)
                    .parallelism(2);
            windows(apart, line, kind, "apart", out);
          }
        });
    together
        .window(Windows.tumbling(Duration.ofMillis(1)))
        .count()
        .name("arrivals")
        .filter(result -> result.key().startsWith("arrival-"))
        .map(result -> result.key() + "@" + result.window().end().toEpochMilli())
        .to(KafkaSink.strings(out));
    together
        .window(Windows.count(1))
        .sum(Item::value)
        .name("flushes")
        .filter(result -> result.key().startsWith("flush-"))
        .map(result -> result.key() + "=" + result.value())
        .to(KafkaSink.strings(out));
    return job;
  }

  /** The windows of one kind; the topic gets {@code how kind#number/key result}. */
  private static void windows(
      KeyedStream<String, Item> items, Case kind, String name, String how, String out) {
    WindowSpec<Object> spec = kind.window();
    OutputTag<Late<Item>> tag = Late.tag("late", Item.class);
    boolean late = how.equals("together");
    DataStream<String> texts;
    DataStream<Late<Item>> lates = null;
    String prefix = name + "#";
    if (kind.isTable()) {
      RevisedWindowedStream<String, Item> windowed =
          items.window(spec).allowedLateness(Duration.ofMillis(kind.latenessMs()));
      if (kind.emission() != null) {
        windowed = windowed.emit(kind.emission());
      }
      Table<Windowed<String>, Long> table =
          (late ? windowed.lateTo(tag) : windowed).sum(Item::value).name(how + "-" + name);
      lates = late ? table.sideOutput(tag) : null;
      texts =
          table
              .changes()
              .filter(change -> change.key().key().startsWith(prefix))
              .map(
                  String.class,
                  change ->
                      change.key().key()
                          + (change.kind().retracts() ? " -" : " +")
                          + text(change.key().key(), change.key().window(), change.value()));
    } else {
      DataStream<WindowResult<String, Long>> sums =
          (late ? items.window(spec).lateTo(tag) : items.window(spec))
              .sum(Item::value)
              .name(how + "-" + name);
      lates = late ? sums.sideOutput(tag) : null;
      texts =
          sums.filter(result -> result.key().startsWith(prefix))
              .map(
                  String.class,
                  result ->
                      result.key() + " " + text(result.key(), result.window(), result.value()));
    }
    texts.map(String.class, text -> how + " " + text).to(KafkaSink.strings(out));
    if (lates != null) {
      lates
          .filter(each -> each.value().key().startsWith(prefix))
          .map(
              String.class,
              each ->
                  how
                      + " "
                      + each.value().key()
                      + " late:"
                      + shortKey(each.value().key())
                      + "@"
                      + each.time().toEpochMilli())
          .to(KafkaSink.strings(out));
    }
  }

  private static String text(String key, dev.millrace.window.Window window, long value) {
    return shortKey(key)
        + "["
        + window.start().toEpochMilli()
        + ","
        + window.end().toEpochMilli()
        + ")="
        + value;
  }

  private static String shortKey(String key) {
    return key.substring(key.lastIndexOf('/') + 1);
  }

  private static void awaitShared(JobConfig config, String job) {
    try (JobAdmin admin = JobAdmin.connect(config)) {
      Awaitility.await("each stage works on both instances")
          .atMost(PATIENCE)
          .until(
              () -> {
                JobStatus status = admin.status(job);
                return status.isHealthy()
                    && !status.stages().isEmpty()
                    && status.stages().stream()
                        .allMatch(
                            stage ->
                                stage.tasks().stream()
                                        .map(JobStatus.Task::instance)
                                        .distinct()
                                        .count()
                                    == 2);
              });
    }
  }

  // ------------------------------------------------------------------ the script

  /** Moves the watermark, and waits until all tasks behind the common shuffle have it. */
  private void moveTime(TestBroker broker, String in, CommittedReader reader, long watermark) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    List<String> awaited = new ArrayList<>();
    for (int task = 0; task < TASKS; task++) {
      String key = keyOf("arrival-", task);
      records.add(record(in, TIMEKEEPER, new Item(key, watermark - 1, 1)));
      awaited.add(key + "@" + watermark);
    }
    for (int partition = 0; partition < PARTITIONS; partition++) {
      records.add(record(in, partition, new Item("", watermark, 0)));
    }
    broker.produce(in, records);
    awaitArrival(reader, awaited, "watermark " + watermark);
  }

  /** Sends what follows a watermark, and waits until it is processed and committed. */
  private void send(TestBroker broker, String in, CommittedReader reader, long watermark) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Line line : lines) {
      for (Item item : line.records().getOrDefault(watermark, List.of())) {
        records.add(record(in, line.number() % TIMEKEEPER, item));
      }
    }
    if (records.isEmpty()) {
      return;
    }
    List<String> awaited = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      for (int task = 0; task < TASKS; task++) {
        String key = keyOf("flush-" + watermark + "-" + partition + "-", task);
        records.add(record(in, partition, new Item(key, watermark, 7)));
        awaited.add(key + "=7");
      }
    }
    broker.produce(in, records);
    awaitArrival(reader, awaited, "records behind watermark " + watermark);
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int partition, Item item) {
    return new ProducerRecord<>(topic, partition, null, JSON.writeValueAsBytes(item));
  }

  /** {@return a key that the common shuffle sends to the given task} */
  @SuppressWarnings("unchecked") // the codec of a type is for values of that type
  private static String keyOf(String prefix, int task) {
    KeyCodec<String> codec = (KeyCodec<String>) KeyCodecs.forType(String.class);
    for (int i = 0; ; i++) {
      ByteWriter bytes = new ByteWriter();
      codec.encode(prefix + i, bytes);
      byte[] key = bytes.toByteArray();
      if (Hashing.partition(Hashing.murmur2(key, 0, key.length), TASKS) == task) {
        return prefix + i;
      }
    }
  }

  private void awaitArrival(CommittedReader reader, List<String> awaited, String what) {
    Awaitility.await(what)
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              read(reader);
              return arrivals.containsAll(awaited);
            });
  }

  private void read(CommittedReader reader) {
    for (ConsumerRecord<byte[], byte[]> record : reader.more()) {
      String text = new String(record.value(), StandardCharsets.UTF_8);
      int space = text.lastIndexOf(' ');
      if (space < 0) {
        arrivals.add(text);
      } else {
        String line = text.substring(0, text.lastIndexOf('/') + 1);
        results.computeIfAbsent(line, key -> new ArrayList<>()).add(text.substring(space + 1));
      }
    }
  }

  // ------------------------------------------------------------------ what has to come of it

  private void check(Line line, CommittedReader reader) {
    List<String> got = results.getOrDefault("together " + line.prefix(), List.of());
    assertThat(settled(line, got))
        .as("%s", line.line())
        .containsExactlyInAnyOrderElementsOf(settled(line, line.expected()));
    if (APART.contains(line.kind()) && line.isOneBatch() && !line.expectsLate()) {
      Awaitility.await(line.line() + ", apart")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(10))
          .untilAsserted(
              () -> {
                read(reader);
                assertThat(settled(line, results.getOrDefault("apart " + line.prefix(), List.of())))
                    .containsExactlyInAnyOrderElementsOf(settled(line, line.expected()));
              });
    }
  }

  /** Of a table what its changes add up to: how many there are depends on commits. */
  private static List<String> settled(Line line, List<String> results) {
    if (!line.line().isTable()) {
      return results;
    }
    List<String> rows = new ArrayList<>();
    for (String result : results) {
      String row = result.substring(1);
      if (result.startsWith("-")) {
        assertThat(rows.remove(row)).as("%s: takes back %s", line.line(), row).isTrue();
      } else if (result.startsWith("+")) {
        assertThat(rows).as("%s: says twice", line.line()).doesNotContain(row);
        rows.add(row);
      } else {
        rows.add(result);
      }
    }
    return rows;
  }
}
