package dev.millrace.faults;

import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static dev.millrace.faults.Fixture.total;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.connector.CircuitBreaker;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.faults.Fixture.Word;
import dev.millrace.metrics.StageCounters;
import dev.millrace.testkit.IdleSinkWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The system behind a sink of the user's is down for a while, at every point of the contract. */
@WithBroker
final class CircuitBreakerTest {

  /** Where the system refuses. */
  enum Point {
    OPEN,
    WRITE,
    PREPARE,
    COMMIT
  }

  /**
   * A system that takes output in two steps, as a database with a staging table would: staged under
   * a name, then published by that name, the second time without effect.
   */
  static final class Warehouse {
    private final Map<String, List<Long>> staged = new HashMap<>();
    private final Map<String, List<Long>> published = new HashMap<>();
    private final Set<Point> down = EnumSet.noneOf(Point.class);
    private double failing;
    private final Random random;
    private int refusals;
    private int opened;

    Warehouse(long seed) {
      random = new Random(seed);
    }

    synchronized void refuse(Set<Point> points) {
      down.clear();
      down.addAll(points);
    }

    synchronized void failAtRandom(double share) {
      failing = share;
    }

    synchronized void check(Point point) throws IOException {
      if (down.contains(point) || random.nextDouble() < failing) {
        refusals++;
        if (random.nextBoolean()) {
          throw new SinkUnavailableException("The warehouse is down at " + point);
        }
        throw new IOException("connection refused at " + point);
      }
    }

    synchronized void stage(String name, List<Long> ids) {
      staged.put(name, List.copyOf(ids));
    }

    synchronized void publish(String name) {
      List<Long> ids = staged.remove(name);
      if (ids != null) {
        published.put(name, ids);
      }
    }

    synchronized List<Long> ids() {
      return published.values().stream().flatMap(List::stream).toList();
    }

    synchronized int refusals() {
      return refusals;
    }

    synchronized int opened() {
      return opened;
    }
  }

  private static final Map<String, Warehouse> WAREHOUSES = new ConcurrentHashMap<>();

  /** Exactly-once: the prepared state says under which name the last output is staged. */
  record WarehouseSink(String warehouse, Optional<CircuitBreaker> circuitBreaker)
      implements WriterSink<Word> {

    @Override
    public String name() {
      return "warehouse";
    }

    @Override
    public boolean keepsState() {
      return true;
    }

    @Override
    public SinkWriter<Word> open(SinkContext context) throws Exception {
      Warehouse system = system(warehouse);
      system.check(Point.OPEN);
      byte[] committed = context.committedState();
      if (committed.length > 0) {
        system.publish(Fixture.text(committed));
      }
      synchronized (system) {
        system.opened++;
      }
      return new WarehouseWriter(system, context);
    }
  }

  private static Warehouse system(String name) {
    Warehouse system = WAREHOUSES.get(name);
    if (system == null) {
      throw new ConfigurationException("Cannot find warehouse " + name + ". Make it first");
    }
    return system;
  }

  private static final class WarehouseWriter implements SinkWriter<Word> {
    private final Warehouse system;
    private final SinkContext context;
    private final List<Long> ids = new ArrayList<>();
    private String name = "";
    private int batch;

    WarehouseWriter(Warehouse system, SinkContext context) {
      this.system = system;
      this.context = context;
    }

    @Override
    public void write(Word value, long timeMs) throws Exception {
      system.check(Point.WRITE);
      ids.add(value.id());
    }

    @Override
    public byte[] prepare() throws Exception {
      system.check(Point.PREPARE);
      name = context.task() + "/" + context.ownerEpoch() + "/" + batch++;
      system.stage(name, ids);
      return Fixture.bytes(name);
    }

    @Override
    public void commit() throws Exception {
      system.check(Point.COMMIT);
      system.publish(name);
      ids.clear();
    }

    @Override
    public void abort() {
      ids.clear();
    }

    @Override
    public void close() throws IOException {
      throw new IOException("the connection was lost long ago");
    }
  }

  @TempDir Path stateDir;

  @ParameterizedTest
  @EnumSource(Point.class)
  void aSystemThatIsDownIsWaitedFor(Point point, TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    Warehouse system = new Warehouse(1);
    WAREHOUSES.put(fixture.name, system);
    fixture.produce(500, 1);
    CircuitBreaker breaker = new CircuitBreaker(3, Duration.ofMillis(200), Duration.ofMillis(400));
    try (RunningJob running =
        Millrace.start(job(fixture, Optional.of(breaker)), fixture.config())) {
      await("the first records", () -> system.ids().size() == 500);
      assertThat(total(running, StageCounters::circuitOpenings)).isZero();

      system.refuse(point == Point.OPEN ? EnumSet.allOf(Point.class) : EnumSet.of(point));
      fixture.produce(500, 2);
      // Opened once, and again after each of two probes that fail.
      await("the circuit to open", () -> total(running, StageCounters::circuitOpenings) >= 3);
      assertHealthy(running);
      int refusals = system.refusals();
      assertThat(refusals).isBetween(5, 60);
      system.refuse(Set.of());
      fixture.produce(500, 3);
      await("all records", () -> system.ids().size() >= 1500);
      long openings = total(running, StageCounters::circuitOpenings);
      fixture.produce(500, 4);
      await("all records", () -> system.ids().size() >= 2000);
      assertThat(total(running, StageCounters::circuitOpenings)).isEqualTo(openings);
      assertHealthy(running);
    }
    assertThat(system.ids()).doesNotHaveDuplicates().hasSize(2000);
  }

  @Test
  void aFlakySystemGetsEveryRecordOnce(TestBroker broker) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Fixture fixture = new Fixture(broker, stateDir, 3);
    Warehouse system = new Warehouse(seed);
    WAREHOUSES.put(fixture.name, system);
    CircuitBreaker breaker = new CircuitBreaker(2, Duration.ofMillis(50), Duration.ofMillis(200));
    system.failAtRandom(0.002);
    fixture.produce(3_000, seed);
    try (RunningJob running =
        Millrace.start(
            job(fixture, Optional.of(breaker)), fixture.config().with("commit.interval", "20ms"))) {
      for (int i = 0; i < 60; i++) {
        fixture.produce(50, seed + i);
      }
      await("all records", () -> system.ids().size() >= fixture.produced());
      assertHealthy(running);
      assertThat(system.ids())
          .as("seed %s", seed)
          .doesNotHaveDuplicates()
          .hasSize((int) fixture.produced());
      assertThat(system.refusals()).isPositive();
      System.out.printf(
          "FAULTS flaky sink: %d refusals, %d circuit openings, %d aborts, %d commits (seed %d)%n",
          system.refusals(),
          total(running, StageCounters::circuitOpenings),
          total(running, StageCounters::aborts),
          total(running, StageCounters::commits),
          seed);
    }
  }

  @Test
  void aJobStopsAndGoesOnElsewhereWhileTheCircuitIsOpen(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    Warehouse system = new Warehouse(1);
    WAREHOUSES.put(fixture.name, system);
    fixture.produce(500, 1);
    CircuitBreaker breaker = CircuitBreaker.after(1, Duration.ofSeconds(30));
    system.refuse(EnumSet.of(Point.WRITE));
    long begin = System.nanoTime();
    try (RunningJob running =
        Millrace.start(job(fixture, Optional.of(breaker)), fixture.config())) {
      await("the circuit to open", () -> total(running, StageCounters::circuitOpenings) == 1);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    system.refuse(Set.of());
    try (RunningJob running =
        Millrace.start(job(fixture, Optional.of(breaker)), fixture.config())) {
      await("all records", () -> system.ids().size() >= 500);
      assertHealthy(running);
    }
    assertThat(system.ids()).doesNotHaveDuplicates().hasSize(500);
  }

  @Test
  void withoutABreakerASystemThatIsDownStopsTheJobWhateverThePolicy(TestBroker broker)
      throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    Warehouse system = new Warehouse(3);
    WAREHOUSES.put(fixture.name, system);
    fixture.produce(200, 1);
    system.refuse(EnumSet.of(Point.PREPARE));
    try (RunningJob running =
        Millrace.start(
            job(fixture, Optional.empty()), fixture.config().with("errors.policy", "skip"))) {
      assertThat(awaitFailure(running).getMessage()).contains("PREPARE");
    }
    system.refuse(Set.of());
    try (RunningJob running = Millrace.start(job(fixture, Optional.empty()), fixture.config())) {
      await("all records", () -> system.ids().size() >= 200);
      assertHealthy(running);
    }
    assertThat(system.ids()).doesNotHaveDuplicates().hasSize(200);
  }

  @Test
  void aRecordThatTheSystemRefusesGoesToThePolicyNotToTheBreaker(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 1);
    List<Long> taken = java.util.Collections.synchronizedList(new ArrayList<>());
    TAKEN.put(fixture.name, taken);
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .to(new PickySink(fixture.name))
        .onError(ErrorPolicy.skip());
    fixture.produce(100, 1);
    try (RunningJob running = Millrace.start(job, fixture.config())) {
      await("90 records", () -> taken.size() == 90);
      assertThat(total(running, StageCounters::skippedRecords)).isEqualTo(10);
      assertThat(total(running, StageCounters::circuitOpenings)).isZero();
      assertThat(total(running, StageCounters::aborts)).isZero();
    }
  }

  private static final Map<String, List<Long>> TAKEN = new ConcurrentHashMap<>();

  record PickySink(String key) implements WriterSink<Word> {
    @Override
    public String name() {
      return "picky";
    }

    @Override
    public Optional<CircuitBreaker> circuitBreaker() {
      return Optional.of(CircuitBreaker.after(1, Duration.ofSeconds(1)));
    }

    @Override
    public SinkWriter<Word> open(SinkContext context) {
      List<Long> taken = TAKEN.getOrDefault(key, new ArrayList<>());
      return new IdleSinkWriter<>() {
        @Override
        public void write(Word value, long timeMs) {
          if (value.id() % 10 == 3) {
            throw new IllegalArgumentException("violates a constraint: " + value.id());
          }
          taken.add(value.id());
        }
      };
    }
  }

  @Test
  void aBreakerWithoutAWaitIsRefused() {
    assertThatThrownBy(() -> CircuitBreaker.after(0, Duration.ofSeconds(1)))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> CircuitBreaker.after(1, Duration.ZERO))
        .isInstanceOf(ConfigurationException.class);
    assertThat(CircuitBreaker.after(1, Duration.ofMinutes(5)).longestWait())
        .isEqualTo(Duration.ofMinutes(5));
  }

  private static Job job(Fixture fixture, Optional<CircuitBreaker> breaker) {
    Job job = Job.named(fixture.name);
    job.source(KafkaSource.json(fixture.in, Word.class))
        .to(new WarehouseSink(fixture.name, breaker));
    return job;
  }
}
