package dev.millrace.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.Watermarks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that has taken up a part of what a transaction emitted, frame by frame. */
final class PartsOfTransactionsTest {

  private static final int A = 0xA;
  private static final int B = 0xB;
  private static final TypeRef<Long> NUMBERS = TypeRef.of(Long.class);
  private static final int LAST = FrameFormat.LAST_OF_TRANSACTION;

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final TestCluster cluster = new TestCluster(clock);
  private final Outputs outputs = new Outputs(cluster);
  private final FrameWriter frame;
  private final ValueCodec<Object> values;
  private Driver driver;
  private String shuffle = "job.sums.shuffle";
  private Map<String, String> settings = Map.of();

  @SuppressWarnings("unchecked") // the type is that of the job
  PartsOfTransactionsTest() {
    values =
        (ValueCodec<Object>)
            (ValueCodec<?>) ValueCodecs.forClass(Long.class, new InMemorySchemaBook());
    frame = new FrameWriter(0, values.schemaId(), 1);
    driver = start("job", 1);
  }

  /** A job with one stage that reads a shuffle. */
  private Driver start(String name, int tasks) {
    String topic = name + ".in";
    cluster.createIfMissing(topic, 1);
    cluster.createIfMissing("out", 1);
    Job job = Job.named(name);
    job.source(KafkaSource.strings(topic))
        .keyBy(word -> word)
        .parallelism(tasks)
        .sum(String::length)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    return start(job);
  }

  private Driver start(Job job) {
    JobConfig config = JobTest.builder(job).config();
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      config = config.with(setting.getKey(), setting.getValue());
    }
    Driver started = Drivers.of(job, config, cluster, clock);
    started.start();
    started.run();
    return started;
  }

  private void part(int sender, int flags, String key, long value) {
    entry(key, value);
    send(key, frame.finishOneOfSeveral(flags, List.of(), sender));
  }

  private void whole(String key, long value) {
    entry(key, value);
    send(key, frame.finish(LAST, List.of()));
  }

  /** A partial sum. */
  private void entry(String key, long value) {
    byte[] bytes = bytes(key);
    ByteWriter body = frame.beginEntry(bytes, 0, bytes.length, clock.wallMs(), FrameFormat.PARTIAL);
    new PartialHead().of(0, 0).write(body);
    values.encode(value, body);
    frame.endEntry();
  }

  private void send(String key, byte[] bytes) {
    byte[] keyBytes = bytes(key);
    int hash = Hashing.murmur2(keyBytes, 0, keyBytes.length);
    int partitions = cluster.partitions(shuffle).orElseThrow();
    cluster.send(
        new ProducerRecord<>(shuffle, Hashing.partition(hash, partitions), new byte[0], bytes));
  }

  @SuppressWarnings("unchecked") // the type is that of the job
  private static byte[] bytes(String key) {
    ByteWriter bytes = new ByteWriter();
    ((KeyCodec<Object>) KeyCodecs.forType(String.class)).encode(key, bytes);
    return bytes.toByteArray();
  }

  private List<Worker> sums() {
    List<Worker> workers = new ArrayList<>();
    for (SteppedInstance instance : driver.instances()) {
      workers.addAll(instance.workersByStage().getOrDefault("sums", List.of()));
    }
    return workers;
  }

  /** Lets everybody take turns, while no time passes. */
  private void turns() {
    for (int i = 0; i < 20; i++) {
      for (SteppedInstance instance : driver.instances()) {
        instance.workers().forEach(Worker::turn);
      }
    }
  }

  private long dividingCommits() {
    return sums().stream().mapToLong(worker -> worker.metrics().dividingCommits()).sum();
  }

  /** {@return what the output's transactions say, between which a marker takes an offset} */
  private List<String> transactions() {
    List<String> transactions = new ArrayList<>();
    long next = -1;
    for (KafkaRecord<byte[], Long> record : outputs.records("out", NUMBERS)) {
      byte[] key = record.key();
      String row = (key == null ? "" : new String(key, StandardCharsets.UTF_8)) + record.value();
      if (record.offset() == next) {
        row = transactions.remove(transactions.size() - 1) + " " + row;
      }
      transactions.add(row);
      next = record.offset() + 1;
    }
    return transactions;
  }

  @Test
  void aCommitThatIsDueWaitsForTheRest() {
    part(A, 0, "a", 3);
    turns();
    Worker worker = sums().get(0);
    assertThat(worker.commitPending()).isFalse();
    assertThat(worker.awaitsRest()).isTrue();
    part(A, 0, "b", -1);
    turns();
    assertThat(transactions()).isEmpty();
    part(A, LAST, "b", -2);
    turns();
    assertThat(worker.awaitsRest()).isFalse();
    assertThat(transactions()).containsExactly("a3 b-3");
    assertThat(dividingCommits()).isZero();
  }

  @Test
  void aTransactionOfASingleFrameIsCommittedWhenItIsDue() {
    whole("a", 3);
    turns();
    assertThat(sums().get(0).commitPending()).isTrue();
    assertThat(transactions()).containsExactly("a3");
  }

  @Test
  void whatFollowsTheTransactionIsLeftForTheNextCommit() {
    part(A, 0, "a", 3);
    turns();
    assertThat(sums().get(0).commitPending()).isFalse();
    part(A, LAST, "b", -3);
    part(A, 0, "a", 1);
    turns();
    assertThat(transactions()).containsExactly("a3 b-3");
    part(A, LAST, "b", -1);
    driver.run();
    assertThat(transactions()).containsExactly("a3 b-3", "a4 b-4");
  }

  @Test
  void whoeverElseWritesMeanwhileIsWaitedForToo() {
    part(A, 0, "a", 3);
    turns();
    assertThat(sums().get(0).commitPending()).isFalse();
    part(B, 0, "a", 1);
    part(A, LAST, "b", -3);
    turns();
    assertThat(transactions()).as("it is amid the other's").isEmpty();
    part(B, LAST, "b", -1);
    turns();
    assertThat(transactions()).containsExactly("a4 b-4");
  }

  @Test
  void aPartWithoutARestIsCommittedInTheEndAndCounted() {
    Instant before = Instant.ofEpochMilli(clock.wallMs());
    part(A, 0, "a", 3);
    driver.run();
    assertThat(transactions()).containsExactly("a3");
    assertThat(dividingCommits()).isEqualTo(1);
    assertThat(Duration.between(before, Instant.ofEpochMilli(clock.wallMs())))
        .isLessThan(Duration.ofSeconds(1));
    part(A, LAST, "b", -3);
    driver.run();
    assertThat(transactions()).containsExactly("a3", "b-3");
    assertThat(dividingCommits()).isEqualTo(1);
  }

  @Test
  void aRestThatIsThereIsWaitedForHoweverSlowTheFetch() {
    driver.killAll();
    shuffle = "slow.sums.shuffle";
    settings = Map.of("max.poll.records", "1");
    driver = start("slow", 1);
    part(A, 0, "a", 3);
    part(A, LAST, "b", -3);
    Worker worker = sums().get(0);
    boolean ignored = worker.turn();
    assertThat(worker.commitPending()).isFalse();
    clock.advance(Duration.ofMillis(500));
    assertThat(worker.commitPending()).isFalse();
    turns();
    assertThat(transactions()).containsExactly("a3 b-3");
    assertThat(dividingCommits()).isZero();
  }

  @Test
  void aWorkerThatIsStoppedLeavesThePartToTheNext() {
    whole("a", 1);
    driver.run();
    part(A, 0, "a", 3);
    turns();
    driver.stop(0);
    assertThat(transactions()).containsExactly("a1");
    driver.start();
    turns();
    assertThat(transactions()).containsExactly("a1");
    part(A, LAST, "b", -3);
    driver.run();
    assertThat(transactions()).containsExactly("a1", "a4 b-3");
  }

  @Test
  void aWorkerThatLosesATaskRepeatsThePart() {
    driver.killAll();
    shuffle = "two.sums.shuffle";
    driver = start("two", 2);
    String[] keys = keysOfBoth();
    for (String key : keys) {
      part(A, 0, key, 3);
    }
    turns();
    driver.start();
    turns();
    assertThat(sums()).hasSize(2).allMatch(worker -> worker.view().tasks().size() == 1);
    assertThat(transactions()).isEmpty();
    for (String key : keys) {
      part(A, LAST, key, 1);
    }
    driver.run();
    assertThat(transactions()).containsExactlyInAnyOrder(keys[0] + "4", keys[1] + "4");
    assertThat(dividingCommits()).isZero();
  }

  /**
   * Rows are kept in memory until the commit, so there is an end to what a transaction can take.
   */
  @Test
  void whatDoesNotFitIsCommittedInParts() {
    driver.killAll();
    shuffle = "small.sums.shuffle";
    settings = Map.of("heap.memory", "16MB");
    driver = start("small", 1);
    String longKey = "k".repeat(10_000);
    int keys = 0;
    while (!sums().get(0).awaitsRest()) {
      part(A, 0, longKey + keys++, 1);
      turns();
      assertThat(keys).isLessThan(1_000);
    }
    assertThat(outputs.table("out", NUMBERS)).as("the commit is due, and waits").isEmpty();
    int fitting = keys;
    while (outputs.table("out", NUMBERS).isEmpty()) {
      part(A, 0, longKey + keys++, 1);
      turns();
      assertThat(keys).isLessThan(3 * fitting);
    }
    assertThat(keys).isBetween(2 * fitting - 2, 2 * fitting + 2);
    assertThat(dividingCommits()).isEqualTo(1);
  }

  @Test
  void whatIsLostIsNotWaitedFor() {
    driver.killAll();
    shuffle = "lossy.sums.shuffle";
    settings = Map.of("accept.deletion", "true");
    driver = start("lossy", 1);
    part(A, 0, "a", 3);
    turns();
    part(A, LAST, "b", -3);
    whole("c", 7);
    cluster.kafka().deleteBefore(new TopicPartition(shuffle, 0), Long.MAX_VALUE);
    turns();
    whole("d", 8);
    turns();
    boolean ignored = sums().get(0).commitPending(); // If it was not due, as after another commit.
    assertThat(transactions()).containsExactly("d8");
    assertThat(dividingCommits()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void onlyTransactionsAreTakenUpAsAWhole(ProcessingGuarantee guarantee) {
    driver.killAll();
    shuffle = "job2.sums.shuffle";
    settings =
        Map.of(
            "guarantee",
            guarantee.name().toLowerCase(Locale.ROOT).replace('_', '-'),
            "shuffle.frame.size",
            "1KB");
    driver = start("job2", 1);
    for (int i = 0; i < 200; i++) {
      byte[] word = ("word-" + i).getBytes(StandardCharsets.UTF_8);
      cluster.send(new ProducerRecord<>("job2.in", word));
    }
    turns();
    assertThat(driver.instances().get(0).workersByStage().get("job2-in").get(0).commitPending())
        .isTrue();
    FrameReader reader = new FrameReader();
    List<Boolean> marks =
        cluster.committed(shuffle).stream()
            .map(record -> requireNonNull(record.value()))
            .map(bytes -> reader.reset(bytes, 0, bytes.length))
            .filter(read -> read.entryCount() > 0)
            .map(FrameReader::isOneOfSeveral)
            .toList();
    assertThat(marks)
        .hasSizeGreaterThan(2)
        .containsOnly(guarantee == ProcessingGuarantee.EXACTLY_ONCE);
  }

  /** A job whose stage has a function that reads words. */
  private Driver start(
      String name, int tasks, Supplier<KeyedProcessFunction<String, String, String>> functions) {
    driver.killAll();
    shuffle = name + ".sums.shuffle";
    cluster.createIfMissing("words", 1);
    Job job = Job.named(name);
    job.source(KafkaSource.strings("words").watermarks(Watermarks.monotonous()))
        .keyBy(word -> word)
        .parallelism(tasks)
        .process(functions::get)
        .name("sums")
        .to(KafkaSink.strings("out"));
    return start(job);
  }

  @SuppressWarnings("unchecked") // the type is that of the job
  private void word(String key, String word) {
    ValueCodec<Object> texts =
        (ValueCodec<Object>)
            (ValueCodec<?>) ValueCodecs.forClass(String.class, new InMemorySchemaBook());
    byte[] bytes = bytes(key);
    texts.encode(
        word, frame.beginEntry(bytes, 0, bytes.length, clock.wallMs(), FrameFormat.RECORD));
    frame.endEntry();
  }

  private List<String> words() {
    return outputs.values("out", TypeRef.of(String.class));
  }

  /** What the task that is lost has emitted is in the same transaction as what stays. */
  @Test
  void whatALostTaskHasEmittedIsTakenBackToo() {
    driver = start("passing", 2, RetractionsTest.Passing::new);
    String[] keys = keysOfBoth();
    for (int flags : new int[] {0, LAST}) {
      for (String key : keys) {
        word(key, key + flags);
        send(key, frame.finishOneOfSeveral(flags, List.of(), A));
      }
      turns();
      if (flags == 0) {
        driver.start();
        turns();
        assertThat(words()).isEmpty();
      }
    }
    driver.run();
    assertThat(words())
        .containsExactlyInAnyOrder(keys[0] + "0", keys[0] + "1", keys[1] + "0", keys[1] + "1");
  }

  /** Emits more than a transaction takes, by timers that fire one after the other. */
  private static final class Flood extends KeyedProcessFunction<String, String, String> {
    private static final int TIMERS = 500;

    @Override
    public void onRecord(String word, Context context) {
      if (word.equals("flood")) {
        for (int i = 0; i < TIMERS; i++) {
          context.timers().setEventTime(context.eventTime().plusMillis(i));
        }
      } else {
        context.emit(word);
      }
    }

    @Override
    public void onTimer(Instant time, Context context) {
      context.emit("x".repeat(10_000));
    }
  }

  /** The first of two parts makes more fire than a transaction takes. */
  private void flood() {
    settings = Map.of("heap.memory", "16MB");
    driver = start("flood", 1, Flood::new);
    word("a", "flood");
    long later = clock.wallMs() + 1_000; // also than the epoch of the source's owner
    ChannelUpdate update = new ChannelUpdate(0, ChannelStatus.ACTIVE, later, later, Long.MIN_VALUE);
    send("a", frame.finishOneOfSeveral(0, List.of(update), A));
    word("a", "rest");
    send("a", frame.finishOneOfSeveral(LAST, List.of(), A));
  }

  /** Though it is there: it is read when all has fired, for which only a commit makes room. */
  @Test
  void aRestThatWaitsForWhatFiresIsNotWaitedFor() {
    flood();
    turns();
    assertThat(sums().get(0).awaitsRest()).isTrue();
    assertThat(words()).isEmpty();
    clock.advance(Duration.ofMillis(100));
    turns();
    assertThat(words()).as("what the transaction took").hasSizeBetween(100, Flood.TIMERS - 100);
    assertThat(dividingCommits()).isEqualTo(1);
  }

  @Test
  void aFiringThatHasNoRoomIsNoWork() {
    flood();
    driver.run();
    assertThat(words()).hasSize(Flood.TIMERS + 1).endsWith("rest");
    assertThat(dividingCommits()).isEqualTo(1);
  }

  /** A key of each of two partitions. */
  private static String[] keysOfBoth() {
    String[] keys = new String[2];
    for (char c = 'a'; c <= 'z'; c++) {
      byte[] bytes = bytes(String.valueOf(c));
      keys[Hashing.partition(Hashing.murmur2(bytes, 0, bytes.length), 2)] = String.valueOf(c);
    }
    return keys;
  }

  @Test
  void ofSeveralInputsOnlyThoseAmidATransactionAreReadOn() {
    driver.killAll();
    cluster.createIfMissing("left", 1);
    cluster.createIfMissing("right", 1);
    Job job = Job.named("both");
    job.source(KafkaSource.strings("left"))
        .map(String::trim)
        .name("l")
        .union(job.source(KafkaSource.strings("right")).map(String::trim).name("r"))
        .keyBy(word -> word)
        .parallelism(1)
        .sum(String::length)
        .name("sums")
        .to(KafkaSink.upsert("out"));
    driver = start(job);
    List<String> topics =
        Launcher.plan(PlanAccess.of(job), JobTest.builder(job).config())
            .stage("sums")
            .inputs()
            .stream()
            .map(input -> input.topic())
            .toList();
    assertThat(topics).hasSize(2);
    shuffle = topics.get(1);
    part(A, 0, "a", 3);
    turns();
    assertThat(sums().get(0).commitPending()).isFalse();
    shuffle = topics.get(0);
    whole("c", 7);
    turns();
    shuffle = topics.get(1);
    part(A, LAST, "b", -3);
    turns();
    assertThat(transactions()).containsExactly("a3 b-3");
    driver.run();
    assertThat(transactions()).containsExactly("a3 b-3", "c7");
  }
}
