package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.CircuitBreaker;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.error.StateUnavailableException.Reason;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.query.LocalQuery;
import dev.millrace.internal.query.Pending;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimDeath;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.query.StateAnswer;
import dev.millrace.query.StatePage;
import dev.millrace.query.StateRow;
import dev.millrace.query.StateScan;
import dev.millrace.state.ValueState;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Questions about state while instances commit, abort, die, and are taken for dead.
 *
 * <p>The numbers of each key count from 1, in one partition of the input. So whatever was processed
 * of a key, each once and in order, is known by its number alone: an answer that is not the fold of
 * a prefix of the key's records contradicts itself.
 */
final class StateQueriesTest {

  record Tally(String key, long count, long last, long sum) {

    static Tally of(String text) {
      int colon = text.indexOf(':');
      long number = Long.parseLong(text.substring(colon + 1));
      return new Tally(text.substring(0, colon), 1, number, number);
    }

    Tally with(Tally other) {
      return new Tally(key, count + other.count, Math.max(last, other.last), sum + other.sum);
    }

    boolean isOfPrefix() {
      return last == count && sum == count * (count + 1) / 2;
    }
  }

  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final int PARTITIONS = 2;
  private static final int KEYS = 6;
  private static final Duration AGE = Duration.ofMillis(150);

  @TempDir Path directory;

  private final SimClock clock = new SimClock(START);
  private final TestCluster cluster = new TestCluster(clock);
  private final Map<String, Long> sent = new TreeMap<>();
  private PhysicalPlan plan;
  private Driver driver;

  @AfterEach
  void killAll() {
    cluster.kafka().injectFaults(CommitFaults.NEVER);
    if (driver != null) {
      driver.killAll();
    }
  }

  private static Job tallies() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(Tally::of)
        .keyBy(Tally::key)
        .parallelism(3)
        .reduce(Tally::with)
        .name("tallies")
        .mapValues(Tally::count)
        .to(KafkaSink.upsert("out"));
    return job;
  }

  /** Begins with one instance, whose state is in memory unless the settings have a directory. */
  private void begin(Job job, long seed, String... settings) {
    cluster.createIfMissing("in", PARTITIONS);
    cluster.createIfMissing("out", 1);
    JobConfig config = JobTest.builder(job).config();
    for (int i = 0; i < settings.length; i += 2) {
      config = config.with(settings[i], settings[i + 1]);
    }
    plan = Launcher.plan(PlanAccess.of(job), config);
    driver =
        new Driver(
            plan,
            config,
            cluster.kafka(),
            clock,
            new Driver.Mode(seed, !List.of(settings).contains("state.dir")));
    driver.start();
  }

  private void send(String key) {
    long number = sent.merge(key, 1L, Long::sum);
    cluster.send(
        new ProducerRecord<>(
            "in",
            Math.floorMod(key.hashCode(), PARTITIONS),
            null,
            (key + ":" + number).getBytes(StandardCharsets.UTF_8)));
  }

  /** Lets everybody take turns while time passes. */
  private void pass(Duration time) {
    for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plusMillis(5)) {
      for (SteppedInstance instance : driver.instances()) {
        instance.workers().forEach(Worker::turn);
      }
      clock.advance(Duration.ofMillis(5));
    }
  }

  private Map<String, Tally> committed() {
    return new StateRows(cluster, plan).table("tallies", String.class, Tally.class);
  }

  private static LocalQuery<String, Tally> query(SteppedInstance instance) {
    return instance.queries().of("tallies", String.class, Tally.class);
  }

  private static long count(StateAnswer<Tally> answer) {
    return answer.value().map(Tally::count).orElse(0L);
  }

  private static <A> A now(Pending<A> pending) {
    try {
      A answer = pending.await(Duration.ZERO);
      assertThat(answer).isNotNull();
      return answer;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // ------------------------------------------------------------------ one thing after the other

  @Test
  void questionsThatWaitShareOneCommit() {
    begin(tallies(), 0);
    send("a");
    send("b");
    pass(Duration.ofMillis(500));
    SteppedInstance instance = driver.instances().get(0);
    long before = commits(instance, "tallies");
    List<Pending<StateAnswer<Tally>>> asked = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      asked.add(query(instance).got(i % 2 == 0 ? "a" : "b"));
    }
    assertThat(asked).noneMatch(Pending::isDone);
    pass(Duration.ofMillis(100));
    assertThat(asked).allMatch(Pending::isDone);
    assertThat(commits(instance, "tallies") - before).isEqualTo(1);
    StateAnswer<Tally> answer = now(asked.get(0));
    assertThat(answer.value()).contains(new Tally("a", 1, 1, 1));
    assertThat(answer.position().task()).isEqualTo(query(instance).taskOf("a").orElseThrow());
    assertThat(answer.position().transaction()).isPositive();
    assertThat(answer.position().offsets()).hasSize(1);
    assertThat(answer.position().asOf()).isAfter(START);
    pass(Duration.ofSeconds(1));
    assertThat(commits(instance, "tallies") - before).as("nobody asks any more").isEqualTo(1);
  }

  private static long commits(SteppedInstance instance, String stage) {
    return instance.workersByStage().get(stage).stream()
        .mapToLong(worker -> worker.metrics().commits())
        .sum();
  }

  @Test
  void anAnswerOfSomeAgeNeedsNoCommit() {
    begin(tallies(), 0);
    send("a");
    pass(Duration.ofMillis(500));
    SteppedInstance instance = driver.instances().get(0);
    long before = commits(instance, "tallies");
    Pending<StateAnswer<Tally>> asked = query(instance).maxAge(Duration.ofSeconds(5)).got("a");
    instance.workers().forEach(Worker::turn);
    assertThat(count(now(asked))).isEqualTo(1);
    assertThat(commits(instance, "tallies")).isEqualTo(before);
    pass(Duration.ofSeconds(6));
    Pending<StateAnswer<Tally>> later = query(instance).maxAge(Duration.ofSeconds(5)).got("a");
    instance.workers().forEach(Worker::turn);
    pass(Duration.ofMillis(20));
    assertThat(count(now(later))).isEqualTo(1);
    assertThat(commits(instance, "tallies")).as("the last one is too old").isEqualTo(before + 1);
  }

  private static final class Keeping extends KeyedProcessFunction<String, Tally, String> {
    private final ValueState<Long> last = state.value("last", Long.class);

    @Override
    public void onRecord(Tally tally, Context context) {
      last.set(tally.last());
    }
  }

  /** A stage that has nothing to show commits after three seconds, if nobody asks. */
  @Test
  void workThatIsNotCommittedDoesNotShowAndAQuestionEndsItsWait() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(Tally::of)
        .keyBy(Tally::key)
        .process(Keeping::new)
        .name("kept")
        .to(KafkaSink.strings("out"));
    begin(job, 0);
    send("a");
    pass(Duration.ofSeconds(5));
    SteppedInstance instance = driver.instances().get(0);
    send("a");
    pass(Duration.ofMillis(300));
    LocalQuery<String, Long> query = instance.queries().of("kept.last", String.class, Long.class);
    Pending<StateAnswer<Long>> old = query.maxAge(Duration.ofMinutes(1)).got("a");
    instance.workers().forEach(Worker::turn);
    assertThat(now(old).value()).contains(1L);
    Pending<StateAnswer<Long>> fresh = query.got("a");
    pass(Duration.ofMillis(100));
    assertThat(now(fresh).value()).contains(2L);
    assertThat(now(fresh).position().transaction())
        .isEqualTo(now(old).position().transaction() + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void whoWasTakenForDeadDoesNotAnswer(String membership) {
    begin(
        tallies(),
        0,
        "membership",
        membership,
        "state.dir",
        directory.resolve("zombie").toString());
    for (int key = 0; key < KEYS; key++) {
      send("k" + key);
    }
    pass(Duration.ofMillis(500));
    // On one disk it would have to wait for the zombie's stores.
    driver.configure(driver.config().with("state.dir", directory.resolve("other").toString()));
    driver.start();
    pass(Duration.ofSeconds(1));
    SteppedInstance zombie = driver.instances().get(0);
    SteppedInstance other = driver.instances().get(1);
    List<String> keys = keysOf(zombie);
    assertThat(keys).isNotEmpty();
    int unawarePolls = 3;
    driver.expel(0, unawarePolls);
    keys.forEach(this::send);
    for (int i = 0; i < 500 && !haveCommitted(keys, 2); i++) {
      other.workers().forEach(Worker::turn);
      clock.advance(Duration.ofMillis(20));
    }
    assertThat(haveCommitted(keys, 2)).as("the other instance has gone on").isTrue();
    clock.advance(Duration.ofSeconds(5));
    List<Pending<StateAnswer<Tally>>> asked = new ArrayList<>();
    keys.forEach(key -> asked.add(query(zombie).got(key)));
    keys.forEach(key -> asked.add(query(zombie).maxAge(Duration.ofSeconds(3)).got(key)));
    for (int i = 0; i < unawarePolls; i++) {
      assertThat(keysOf(zombie)).as("it does not know").containsAll(keys);
      zombie.workers().forEach(Worker::turn);
      assertThat(asked).noneMatch(Pending::isDone);
      clock.advance(Duration.ofMillis(20));
    }
    for (int i = 0; i < 500 && !asked.stream().allMatch(Pending::isDone); i++) {
      zombie.workers().forEach(Worker::turn);
      other.workers().forEach(Worker::turn);
      clock.advance(Duration.ofMillis(20));
    }
    assertThat(asked).allMatch(Pending::isDone);
    for (Pending<StateAnswer<Tally>> each : asked) {
      assertThatThrownBy(() -> now(each))
          .isInstanceOfSatisfying(
              StateUnavailableException.class,
              e -> assertThat(e.reason()).isIn(Reason.ELSEWHERE, Reason.RESTORING));
    }
  }

  private boolean haveCommitted(List<String> keys, long count) {
    Map<String, Tally> committed = committed();
    return keys.stream().allMatch(key -> tally(committed, key) >= count);
  }

  private static List<String> keysOf(SteppedInstance instance) {
    LocalQuery<String, Tally> query = query(instance);
    List<String> keys = new ArrayList<>();
    for (int key = 0; key < KEYS; key++) {
      if (query.localTasks().contains(query.taskOf("k" + key).orElseThrow())) {
        keys.add("k" + key);
      }
    }
    return keys;
  }

  @Test
  void aTaskThatIsElsewhereIsNamed() {
    begin(tallies(), 0);
    send("a");
    pass(Duration.ofMillis(500));
    driver.start();
    pass(Duration.ofSeconds(1));
    SteppedInstance first = driver.instances().get(0);
    SteppedInstance second = driver.instances().get(1);
    int task = query(first).taskOf("a").orElseThrow();
    boolean firstHasIt = query(first).localTasks().contains(task);
    assertThat(query(firstHasIt ? second : first).localTasks()).doesNotContain(task);
    assertThatThrownBy(() -> query(firstHasIt ? second : first).got("a"))
        .isInstanceOfSatisfying(
            StateUnavailableException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.ELSEWHERE);
              assertThat(e.mayBeElsewhere()).isTrue();
              assertThat(e.place().job()).contains("job");
              assertThat(e.place().stage()).contains("tallies");
              assertThat(e.place().task()).hasValue(task);
              assertThat(e.retryAfter()).isPositive();
            });
  }

  @Test
  void whoStopsRefuses() {
    begin(tallies(), 0);
    send("a");
    pass(Duration.ofMillis(500));
    Pending<StateAnswer<Tally>> asked = query(driver.instances().get(0)).got("a");
    driver.stop(0);
    assertThatThrownBy(() -> now(asked))
        .isInstanceOfSatisfying(
            StateUnavailableException.class, e -> assertThat(e.reason()).isEqualTo(Reason.STOPPED));
  }

  /** A system that refuses everything, after which its worker does nothing for a minute. */
  private record Refusing() implements WriterSink<String> {

    @Override
    public String name() {
      return "refusing";
    }

    @Override
    public Optional<CircuitBreaker> circuitBreaker() {
      return Optional.of(CircuitBreaker.after(1, Duration.ofMinutes(1)));
    }

    @Override
    public SinkWriter<String> open(SinkContext context) {
      return new SinkWriter<>() {
        @Override
        public void write(String value, long timeMs) throws SinkUnavailableException {
          throw new SinkUnavailableException("it is down");
        }

        @Override
        public byte[] prepare() {
          return new byte[0];
        }

        @Override
        public void commit() {}

        @Override
        public void abort() {}

        @Override
        public void close() {}
      };
    }
  }

  @Test
  void whoWaitsForTheSystemOfASinkRefusesAndNamesTheTime() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .map(Tally::of)
        .keyBy(Tally::key)
        .reduce(Tally::with)
        .name("tallies")
        .changes()
        .map(change -> "changed")
        .to(new Refusing());
    begin(job, 0);
    send("a");
    pass(Duration.ofMillis(500));
    Pending<StateAnswer<Tally>> asked = query(driver.instances().get(0)).got("a");
    pass(Duration.ofMillis(10));
    assertThatThrownBy(() -> now(asked))
        .isInstanceOfSatisfying(
            StateUnavailableException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.BUSY);
              assertThat(e.retryAfter()).isBetween(Duration.ofSeconds(50), Duration.ofMinutes(1));
            });
  }

  /** The commit is repeated, and the question waits for it. */
  @ParameterizedTest
  @ValueSource(strings = {"REFUSED", "ABORTED_UNKNOWN", "COMMITTED_UNKNOWN", "LATE_ANSWER"})
  void aCommitThatFailsDelaysAnAnswer(String fault) {
    begin(tallies(), 0);
    send("a");
    pass(Duration.ofMillis(500));
    boolean[] failed = {false};
    cluster
        .kafka()
        .injectFaults(
            id -> {
              boolean now = id.contains("-tallies-") && !failed[0];
              failed[0] |= now;
              return now ? CommitFault.valueOf(fault) : CommitFault.NONE;
            });
    Pending<StateAnswer<Tally>> asked = query(driver.instances().get(0)).got("a");
    pass(Duration.ofMillis(20));
    assertThat(failed[0]).isTrue();
    pass(Duration.ofSeconds(2));
    assertThat(count(now(asked))).isEqualTo(1);
  }

  @Test
  void underAtLeastOnceAnAnswerWaitsForTheOffsets() {
    begin(tallies(), 0, "guarantee", "at-least-once");
    send("a");
    pass(Duration.ofMillis(500));
    Pending<StateAnswer<Tally>> asked = query(driver.instances().get(0)).got("a");
    pass(Duration.ofMillis(100));
    assertThat(count(now(asked))).isEqualTo(1);
  }

  // ------------------------------------------------------------------ everything at once

  @Test
  void everyAnswerIsOfACommittedStateThatIsNewEnough() {
    long seed = ThreadLocalRandom.current().nextLong(1, 1_000_000);
    new Storm(seed, "classic").run(400);
  }

  @Test
  void soItIsWithTheConsumerProtocol() {
    long seed = ThreadLocalRandom.current().nextLong(1, 1_000_000);
    new Storm(seed, "consumer").run(400);
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"classic", "consumer"})
  void soItIsWithManySeeds(String membership) {
    for (long seed = 1; seed <= 40; seed++) {
      StateQueriesTest other = new StateQueriesTest();
      try {
        other.new Storm(seed, membership).run(600);
      } finally {
        other.killAll();
      }
    }
  }

  /** A question that was put, with what its answer must at least be. */
  private record Asked(
      String key, boolean fresh, long committedBefore, Pending<StateAnswer<Tally>> answer) {}

  private final class Storm {

    private final long seed;
    private final String membership;
    private final Random random;
    private final List<Asked> open = new ArrayList<>();
    private final List<Pending<StatePage<String, Tally>>> pages = new ArrayList<>();
    private final NavigableMap<Long, Map<String, Tally>> history = new TreeMap<>();
    private final Map<String, Integer> outcomes = new TreeMap<>();

    /** By key, what answers have had. */
    private final Map<String, Set<Long>> answered = new TreeMap<>();

    Storm(long seed, String membership) {
      this.seed = seed;
      this.membership = membership;
      this.random = new Random(seed);
    }

    void run(int steps) {
      try {
        begin(tallies(), seed, "membership", membership);
        for (int step = 0; step < steps; step++) {
          step();
        }
        heal();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + " (" + membership + "): " + e, e);
      }
      assertThat(outcomes.getOrDefault("answered", 0))
          .as("seed %d: %s", seed, outcomes)
          .isGreaterThan(20);
    }

    private void step() {
      cluster.kafka().injectFaults(id -> fault());
      if (driver.nodes() == 0) {
        start();
        return;
      }
      switch (random.nextInt(40)) {
        case 0 -> driver.kill(random.nextInt(driver.nodes()));
        case 1 -> driver.expel(random.nextInt(driver.nodes()), random.nextInt(4));
        case 2 -> {
          if (driver.nodes() > 1) {
            stop(random.nextInt(driver.nodes()));
          }
        }
        case 3, 4, 5, 6, 7, 8, 9, 10 -> {
          for (int i = random.nextInt(5); i >= 0; i--) {
            send("k" + random.nextInt(KEYS));
          }
        }
        case 11, 12, 13, 14, 15, 16, 17, 18 -> ask();
        case 19, 20 -> askForPage();
        default -> {}
      }
      while (driver.nodes() < 1 + random.nextInt(3)) {
        start();
      }
      turn();
      clock.advance(Duration.ofMillis(random.nextInt(12)));
      look();
    }

    private CommitFault fault() {
      CommitFault[] faults = CommitFault.values();
      return random.nextInt(25) == 0 ? faults[random.nextInt(faults.length)] : CommitFault.NONE;
    }

    private void start() {
      try {
        driver.start();
      } catch (SimDeath e) {
        driver.kill(driver.nodes() - 1);
      }
    }

    private void stop(int index) {
      cluster.kafka().injectFaults(CommitFaults.NEVER);
      driver.stop(index);
    }

    /** Some take turns, others stand still as if they were paused. */
    private void turn() {
      for (SteppedInstance instance : driver.instances()) {
        if (random.nextInt(4) == 0) {
          continue;
        }
        List<Worker> workers = new ArrayList<>(instance.workers());
        Collections.shuffle(workers, random);
        try {
          for (Worker worker : workers) {
            boolean ignored = random.nextInt(8) == 0 ? worker.commitPending() : worker.turn();
          }
        } catch (SimDeath e) {
          driver.kill(driver.instances().indexOf(instance));
        }
      }
    }

    private void ask() {
      String key = "k" + random.nextInt(KEYS);
      boolean fresh = random.nextInt(3) > 0;
      long before = tally(committed(), key);
      for (SteppedInstance instance : driver.instances()) {
        LocalQuery<String, Tally> query = query(instance);
        try {
          open.add(new Asked(key, fresh, before, (fresh ? query : query.maxAge(AGE)).got(key)));
        } catch (StateUnavailableException e) {
          note(e.reason().name());
        }
      }
    }

    private void askForPage() {
      SteppedInstance instance = driver.instances().get(random.nextInt(driver.nodes()));
      for (int task : query(instance).localTasks()) {
        try {
          pages.add(query(instance).scanned(StateScan.all().task(task)));
        } catch (StateUnavailableException e) {
          note(e.reason().name());
        }
      }
    }

    private void note(String outcome) {
      outcomes.merge(outcome, 1, Integer::sum);
    }

    private void look() {
      Map<String, Tally> committed = committed();
      long now = clock.wallMs();
      Iterator<Asked> each = open.iterator();
      while (each.hasNext()) {
        Asked asked = each.next();
        if (asked.answer().isDone()) {
          each.remove();
          check(asked, committed, now);
        }
      }
      Iterator<Pending<StatePage<String, Tally>>> page = pages.iterator();
      while (page.hasNext()) {
        Pending<StatePage<String, Tally>> next = page.next();
        if (next.isDone()) {
          page.remove();
          check(next, committed);
        }
      }
      history.put(now, committed);
    }

    private void check(Asked asked, Map<String, Tally> committed, long nowMs) {
      StateAnswer<Tally> answer;
      try {
        answer = now(asked.answer());
      } catch (StateUnavailableException e) {
        note(e.reason().name());
        return;
      }
      note("answered");
      answer.value().ifPresent(this::noteAnswered);
      assertThat(count(answer)).as("committed").isLessThanOrEqualTo(tally(committed, asked.key()));
      if (asked.fresh()) {
        assertThat(count(answer)).as("fresh").isGreaterThanOrEqualTo(asked.committedBefore());
      } else {
        Map.Entry<Long, Map<String, Tally>> then = history.lowerEntry(nowMs - AGE.toMillis() - 12);
        long least = then == null ? 0 : tally(then.getValue(), asked.key());
        assertThat(count(answer)).as("of some age").isGreaterThanOrEqualTo(least);
      }
    }

    private void noteAnswered(Tally tally) {
      assertThat(tally.isOfPrefix()).as("%s", tally).isTrue();
      answered.computeIfAbsent(tally.key(), key -> new TreeSet<>()).add(tally.count());
    }

    private void check(Pending<StatePage<String, Tally>> pending, Map<String, Tally> committed) {
      StatePage<String, Tally> page;
      try {
        page = now(pending);
      } catch (StateUnavailableException e) {
        note(e.reason().name());
        return;
      }
      note("page");
      for (StateRow<String, Tally> row : page.rows()) {
        noteAnswered(row.value());
        assertThat(row.value().count()).isLessThanOrEqualTo(tally(committed, row.key()));
      }
    }

    /** Once nothing goes wrong any more, everything that was sent is there to be asked for. */
    private void heal() {
      cluster.kafka().injectFaults(CommitFaults.NEVER);
      if (driver.nodes() == 0) {
        driver.start();
      }
      pass(Duration.ofSeconds(15));
      look();
      assertThat(open).as("questions without an end").isEmpty();
      assertThat(pages).isEmpty();
      Map<String, Long> found = new HashMap<>();
      for (String key : sent.keySet()) {
        for (SteppedInstance instance : driver.instances()) {
          LocalQuery<String, Tally> query = query(instance);
          if (query.localTasks().contains(query.taskOf(key).orElseThrow())) {
            Pending<StateAnswer<Tally>> answer = query.got(key);
            pass(Duration.ofMillis(100));
            found.put(key, count(now(answer)));
          }
        }
      }
      assertThat(found).isEqualTo(sent);
      checkThatAllWasCommitted();
    }

    /** Each commit that changes a key puts its result out. */
    private void checkThatAllWasCommitted() {
      Map<String, Set<Long>> committed = new TreeMap<>();
      for (ConsumerRecord<byte[], byte[]> record : cluster.committed("out")) {
        committed
            .computeIfAbsent(text(record.key()), key -> new TreeSet<>())
            .add(Long.valueOf(text(record.value())));
      }
      answered.forEach(
          (key, counts) -> assertThat(committed.get(key)).as("%s", key).containsAll(counts));
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static long tally(Map<String, Tally> tallies, String key) {
    Tally tally = tallies.get(key);
    return tally == null ? 0 : tally.count();
  }
}
