package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.internal.sim.CommitFault;
import dev.millrace.internal.sim.CommitFaults;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimDeath;
import dev.millrace.internal.sim.SimDisk;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.state.disk.InstanceDirectory;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.JobIdentity;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.state.store.StateStores;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * An instance of a job that counts words, driven step by step on a simulated cluster whose calls
 * fail as a test says.
 */
final class FaultyInstance {

  static final int PARTITIONS = 2;
  private static final int QUIET_TURNS = 40;
  private static final int MOST_TURNS = 20_000;

  final SimClock clock;
  final SimKafka kafka;
  private final Random ids = new Random(7);
  private SimDisk disk = new SimDisk(ids::nextInt);
  private final Producer<byte[], byte[]> feed;
  private final Consumer<byte[], byte[]> reader;
  private final Map<String, Long> expected = new TreeMap<>();
  FaultyClients clients;
  SteppedInstance instance;
  private JobConfig config = JobConfig.defaults();
  private Function<JobIdentity, InstanceSlot> slots = identity -> disk.takeSlot();
  private int sent;
  private Duration opensIn = Duration.ZERO;
  private Runnable onOpening = () -> {};
  private UnaryOperator<StateStores> disks = disk -> disk;
  private UnaryOperator<InstanceSlot> places = place -> place;

  FaultyInstance() {
    this(new SimClock(Instant.parse("2026-01-01T00:00:00Z")));
  }

  private FaultyInstance(SimClock clock) {
    this(clock, new SimKafka(clock));
    kafka.createTopic("in", PARTITIONS);
    kafka.createTopic("out", 1);
  }

  private FaultyInstance(SimClock clock, SimKafka kafka) {
    this.clock = clock;
    this.kafka = kafka;
    var own = kafka.connect(config);
    feed = own.plainProducer("feed");
    reader = own.readerConsumer("reader", IsolationLevel.READ_COMMITTED);
    connect();
  }

  /** {@return one of the same job and with the same settings, on another machine} */
  FaultyInstance beside() {
    FaultyInstance other = new FaultyInstance(clock, kafka);
    other.config = config;
    other.connect();
    return other;
  }

  /** Makes clients for an instance that is to start. */
  void connect() {
    clients = new FaultyClients(kafka.connect(config));
  }

  /** Changes a setting, for the instance that is to start. */
  void configure(String key, String value) {
    config = config.with(key, value);
    connect();
  }

  /** Takes its slot in a real directory, for the instance that is to start. */
  void liveIn(Path stateDir) {
    configure("state.dir", stateDir.toString());
    slots = identity -> InstanceDirectory.open(stateDir, identity, config.instanceId());
  }

  /** Makes the disk slow, from the next start on: it takes that long to open a store. */
  void openStoresIn(Duration time, Runnable opened) {
    opensIn = time;
    onOpening = opened;
  }

  /** Puts something between the stores and their disk, from the next start on. */
  void wrapDisk(UnaryOperator<StateStores> wrapping) {
    disks = wrapping;
  }

  /** Puts something between the instance and its place on the machine, from the next start on. */
  void wrapPlace(UnaryOperator<InstanceSlot> wrapping) {
    places = wrapping;
  }

  private StateStores stores(StateStores disk) {
    return new StateStores() {
      @Override
      public StateStore open(Path taskDirectory) {
        onOpening.run();
        clock.advance(opensIn);
        return disk.open(taskDirectory);
      }

      @Override
      public void wipe(Path taskDirectory) {
        disk.wipe(taskDirectory);
      }

      @Override
      public void close() {
        disk.close();
      }
    };
  }

  static Job job() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .count()
        .name("counts")
        .to(KafkaSink.upsert("out"));
    return job;
  }

  /** Starts an instance and makes the first steps of its workers. */
  void start() {
    start(job());
  }

  void start(Job job) {
    instance = Launcher.step(Launcher.plan(PlanAccess.of(job), config), config, surroundings());
    instance.begin();
  }

  /** {@return an instance whose workers have not begun} */
  Instance assemble(Job job) {
    PhysicalPlan plan = Launcher.plan(PlanAccess.of(job), config);
    return Launcher.assembled(plan, config, surroundings(), new Startup(plan.job(), config, clock));
  }

  private Surroundings surroundings() {
    return new Surroundings(
        clients,
        identity -> places.apply(slots.apply(identity)),
        () -> stores(disks.apply(disk)),
        clock,
        () -> new UUID(ids.nextLong(), ids.nextLong()),
        Rhythm.EVERY_TURN);
  }

  /** Has the instance die, with its machine, in the middle of a commit of new records. */
  void dieWithAnOpenTransaction() {
    send(100);
    kafka.injectFaults(id -> CommitFault.DEATH_BEFORE);
    try {
      settle();
      throw new AssertionError("Nothing was committed");
    } catch (SimDeath expected) {
      kafka.injectFaults(CommitFaults.NEVER);
    }
    killWithItsMachine(); // Else the restarted instance would end it itself.
    assertThat(kafka.openTransactions()).isNotEmpty();
  }

  /** Ends the instance as {@code kill -9} would, and goes on another machine. */
  void killWithItsMachine() {
    kill();
    disk = new SimDisk(ids::nextInt);
  }

  /** Ends the instance as {@code kill -9} would. */
  void kill() {
    clients.simulated().kill();
    instance.vanish();
    connect();
  }

  void send(int words) {
    for (int i = 0; i < words; i++) {
      String word = "w" + sent % 7;
      feed.send(
          new ProducerRecord<>(
              "in", sent % PARTITIONS, null, null, word.getBytes(StandardCharsets.UTF_8)));
      expected.merge(word, 1L, Long::sum);
      sent++;
    }
  }

  /** Lets the workers take turns, commits included, for that long by the simulated clock. */
  void turnFor(Duration time) {
    long end = clock.nanos() + time.toNanos();
    while (clock.nanos() < end) {
      turn();
    }
  }

  /** Lets all workers take a turn and commit, and does the housekeeping. */
  boolean turn() {
    boolean worked = false;
    for (Worker worker : instance.workers()) {
      worked |= worker.turn();
      worked |= worker.commitPending();
    }
    instance.keepHouse();
    clock.advance(Duration.ofMillis(50));
    return worked;
  }

  /** Lets the workers take turns until all is counted and nothing happens any more. */
  void settle() {
    int quiet = 0;
    for (int turns = 0; quiet < QUIET_TURNS; turns++) {
      if (turns > MOST_TURNS) {
        throw new AssertionError("The job does not come to rest");
      }
      boolean opening = instance.workers().stream().anyMatch(Worker::isOpening);
      quiet = turn() || opening ? 0 : quiet + 1;
    }
  }

  Map<String, Long> expected() {
    return expected;
  }

  /** {@return the last committed count of each word, and -1 for one that was emitted twice} */
  Map<String, Long> counts() {
    Map<String, Long> counts = new TreeMap<>();
    TopicPartition out = new TopicPartition("out", 0);
    reader.assign(List.of(out));
    reader.seekToBeginning(List.of(out));
    long end = reader.endOffsets(List.of(out)).get(out);
    while (reader.position(out) < end) {
      for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ZERO)) {
        long count = Long.parseLong(new String(record.value(), StandardCharsets.UTF_8));
        counts.merge(
            new String(record.key(), StandardCharsets.UTF_8),
            count,
            (before, now) -> before < 0 || now <= before ? -1 : now);
      }
    }
    return counts;
  }

  /** {@return an outage that ends by itself after that long by the simulated clock} */
  FaultyClients.Faults outageFor(Duration time) {
    FaultyClients.Faults outage = outage();
    long end = clock.nanos() + time.toNanos();
    return call -> clock.nanos() < end ? outage.answer(call) : null;
  }

  /** {@return the names of all topics} */
  Set<String> topics() throws Exception {
    return Set.copyOf(kafka.connect(config).admin().listTopics().names().get());
  }

  /** {@return brokers that do not answer at all: each call waits for a while, and in vain} */
  FaultyClients.Faults outage() {
    return call -> {
      switch (call.method()) {
        case "poll" -> {
          return ConsumerRecords.empty();
        }
        case "committed", "position" -> {
          if (call.client().equals("stage") || call.method().equals("position")) {
            clock.sleepMs(150);
          }
          throw new TimeoutException("No answer in time");
        }
        case "initTransactions",
            "commitTransaction",
            "abortTransaction",
            "sendOffsetsToTransaction",
            "flush",
            "endOffsets",
            "beginningOffsets" -> {
          clock.sleepMs(5_000);
          throw new TimeoutException("No answer in time");
        }
        default -> {
          if (call.client().equals("admin") && !call.method().equals("close")) {
            clock.sleepMs(10_000);
            throw new TimeoutException("No answer in time");
          }
          return null;
        }
      }
    };
  }
}
