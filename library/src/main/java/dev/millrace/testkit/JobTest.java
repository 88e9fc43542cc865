package dev.millrace.testkit;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.WriterSink;
import dev.millrace.internal.launch.Launcher;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.PlanAccess;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.sim.SimKafka;
import dev.millrace.internal.spec.Format;
import dev.millrace.metrics.JobMetrics;
import dev.millrace.serde.TypeRef;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A test that runs a job in this process and on this thread, without a broker: the engine that runs
 * in production, on a Kafka in memory and a clock that only the test moves.
 *
 * <p><b>Contract.</b> Nothing happens between calls. {@link #run()} lets the instances work until
 * there is nothing left to do at the present time, commits included; {@link #advanceProcessingTime}
 * lets time pass. Reading methods show what is committed. The job's own Kafka topics are simulated,
 * its other sources and sinks are used as they are; console sinks print to {@link #printed()}.
 *
 * <p><b>Threads.</b> Confined to one thread.
 *
 * <p><b>Errors.</b> What would stop an instance is thrown by the call that made it work; the
 * instances are dead then, and {@link #restart()} starts new ones. The name of a topic, stage, step
 * or store that the job does not have is a {@link dev.millrace.error.ConfigurationException} that
 * lists those that it has.
 *
 * <p><b>Example.</b>
 *
 * <pre>{@code
 * try (JobTest test = JobTest.of(new WordCountJob(), "--window", "5m")) {
 *   test.topic("words", WordCount.class).partitions(2)
 *       .send(0, new WordCount("Kafka", 1)).send(1, new WordCount("kafka", 2));
 *   test.restart();
 *   test.advanceProcessingTime(Duration.ofMinutes(5));
 *   assertThat(test.output(Count.class)).extracting(Count::count).containsExactly(3L);
 * }
 * }</pre>
 */
public final class JobTest implements AutoCloseable {

  private static final Duration SHORTEST_STEP = Duration.ofMillis(500);
  private static final int MAX_STEPS = 100;

  private final SimClock clock;
  private final TestCluster cluster;
  private final Optional<Path> directory;
  private final SinkRecorder sinks = new SinkRecorder();
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final PhysicalPlan plan;
  private final Driver driver;
  private final Outputs outputs;
  private final KnownNames names;
  private final int instances;
  // Stopped by endInput; what they counted is part of the counters.
  private final List<SteppedInstance> ended = new ArrayList<>();
  private boolean started;
  private boolean finished;

  JobTest(Job job, JobTestBuilder options) {
    this.clock = new SimClock(options.start());
    this.cluster = new TestCluster(clock);
    this.directory =
        options.storesInMemory() ? Optional.empty() : Optional.of(TestFiles.newDirectory());
    JobConfig config = options.config();
    if (directory.isPresent()) {
      config = config.with("state.dir", directory.get().toString());
    }
    this.plan = Launcher.plan(watched(PlanAccess.of(job)), config);
    this.driver =
        new Driver(
            plan,
            config,
            cluster.kafka(),
            clock,
            new Driver.Mode(options.seed(), options.storesInMemory()));
    this.outputs = new Outputs(cluster);
    this.names = new KnownNames(plan, cluster, errorsTopic());
    this.instances = options.instances();
  }

  /** {@return a test of a job, on one instance with one worker per stage} */
  public static JobTest of(Job job) {
    return builder(job).build();
  }

  /** {@return a test of the job that a definition makes of these arguments} */
  public static JobTest of(JobDefinition definition, String... arguments) {
    return builder(definition, arguments).build();
  }

  /** {@return a builder of a test of a job} */
  public static JobTestBuilder builder(Job job) {
    return new JobTestBuilder(job);
  }

  /** {@return a builder of a test of the job that a definition makes of these arguments} */
  public static JobTestBuilder builder(JobDefinition definition, String... arguments) {
    JobArguments parsed = JobArguments.of(arguments);
    Job job = definition.define(parsed);
    parsed.checkAllUsed();
    return new JobTestBuilder(job);
  }

  private LogicalPlan watched(LogicalPlan job) {
    List<LogicalNode> nodes = new ArrayList<>();
    for (LogicalNode node : job.nodes()) {
      nodes.add(
          node.operation() instanceof Operation.Write write
                  && write.sink() instanceof WriterSink<?> sink
              ? node.doing(new Operation.Write(sinks.watch(quiet(sink))))
              : node);
    }
    return new LogicalPlan(job.job(), nodes, job.serdes());
  }

  private WriterSink<?> quiet(WriterSink<?> sink) {
    return sink instanceof ConsoleSink<?>
        ? ConsoleSink.to(new PrintStream(console, true, StandardCharsets.UTF_8))
        : sink;
  }

  // ------------------------------------------------------------------ input

  /**
   * {@return a topic to send to; a topic that the job names and the test does not is made with one
   * partition when the job starts}
   */
  public <T> TestTopic<T> topic(String name, Class<T> type) {
    return topic(name, TypeRef.of(type));
  }

  /** {@return a topic to send values of a generic type to} */
  public <T> TestTopic<T> topic(String name, TypeRef<T> type) {
    names.checkTopic(name);
    return new TestTopic<>(cluster, name, format(name).orElse(new Format.Json<>(type)));
  }

  private Optional<Format<?>> format(String topic) {
    for (StagePlan stage : plan.stages()) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Kafka kafka && kafka.topic().equals(topic)) {
          return Optional.of(kafka.source().values());
        }
      }
    }
    return plan.broadcasts().stream()
        .filter(table -> table.topic().equals(topic))
        .flatMap(table -> table.ofUser().stream())
        .<Format<?>>map(table -> table.source().values())
        .findFirst();
  }

  // ------------------------------------------------------------------ time and work

  /** Lets the instances work until nothing is left to do at the present time. */
  public JobTest run() {
    start();
    if (!finished) {
      driver.run();
    }
    return this;
  }

  private void start() {
    if (!started) {
      started = true;
      plan.userTopics().forEach(topic -> cluster.createIfMissing(topic, 1));
    }
    while (!finished && driver.nodes() < instances) {
      driver.start();
    }
  }

  /**
   * Lets everything happen that can happen now, then lets time pass, half a second at a time or in
   * a hundred steps, with all that happens in it.
   */
  public JobTest advanceProcessingTime(Duration time) {
    run();
    Duration step = time.dividedBy(MAX_STEPS);
    if (step.compareTo(SHORTEST_STEP) < 0) {
      step = SHORTEST_STEP;
    }
    Duration left = time;
    while (!left.isZero()) {
      Duration now = left.compareTo(step) < 0 ? left : step;
      clock.advance(now);
      left = left.minus(now);
      run();
    }
    return this;
  }

  /** Lets time pass until the clock shows the given time. */
  public JobTest advanceTo(Instant time) {
    return advanceProcessingTime(Duration.between(now(), time));
  }

  /** {@return what the job's clock shows} */
  public Instant now() {
    return Instant.ofEpochMilli(clock.wallMs());
  }

  /**
   * Declares the input complete, and lets the job come to its end: the instances are stopped in
   * good order and started again with {@code until.end}. All windows close.
   *
   * <p>Called again, with what was sent meanwhile, it is another run of the job, which begins where
   * the last one ended.
   */
  public JobTest endInput() {
    if (!finished) {
      run();
      stopAll();
    }
    finished = false;
    driver.configure(driver.config().with("until.end", "true"));
    run();
    finished = driver.isFinished();
    if (!finished) {
      throw new IllegalStateException(
          "Cannot bring the job to its end: not all tasks have finished (" + now() + ")");
    }
    stopAll();
    return this;
  }

  private void stopAll() {
    ended.addAll(driver.instances());
    while (driver.nodes() > 0) {
      driver.stop(driver.nodes() - 1);
    }
  }

  /** {@return whether the job has come to the end of its input} */
  public boolean isFinished() {
    return finished;
  }

  // ------------------------------------------------------------------ trouble

  /** Kills all instances and starts as many; local state is lost. */
  public JobTest restart() {
    return restart(LocalState.LOST);
  }

  /**
   * Kills all instances in the middle of their work, as {@code kill -9} does, starts as many and
   * lets them continue from what was committed. A job that has come to the end of its input runs
   * again, to the present end.
   */
  public JobTest restart(LocalState state) {
    finished = false;
    start();
    driver.killAll();
    ended.clear();
    if (state == LocalState.LOST) {
      driver.loseDisk();
    }
    return run();
  }

  /** Starts or stops instances, in good order, until there are so many, and lets them work. */
  public JobTest scaleTo(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("Cannot run a job on " + count + " instances");
    }
    start();
    while (driver.nodes() > count) {
      driver.stop(driver.nodes() - 1);
    }
    while (driver.nodes() < count) {
      driver.start();
    }
    driver.run();
    return this;
  }

  /** Lets the next commit of a worker be refused, which repeats the work since the one before. */
  public JobTest abortNextCommit() {
    return failCommit(commits(), CommitFailure.ABORTED);
  }

  /**
   * Lets a commit go wrong.
   *
   * @param number which one, of all commits of all workers since the job was first started; the
   *     first has the number 0
   */
  public JobTest failCommit(int number, CommitFailure how) {
    return failCommit(number, how, LocalState.KEPT);
  }

  /**
   * Lets a commit go wrong.
   *
   * @param afterDeath the fate of local state, if the failure kills the instance
   */
  public JobTest failCommit(int number, CommitFailure how, LocalState afterDeath) {
    driver.failCommit(number, how, afterDeath);
    return this;
  }

  /** {@return how many transactions workers have tried to commit so far} */
  public int commits() {
    return driver.commits();
  }

  /**
   * Lets the groups consider an instance dead although it is alive, as after a long pause. It
   * notices that when it works next, and joins again.
   */
  public JobTest expel(int instance) {
    start();
    driver.expel(instance);
    return this;
  }

  /** Changes a setting, for instances that are started from now on. */
  JobTest set(String key, String value) {
    driver.configure(driver.config().with(key, value));
    return this;
  }

  /** {@return the instances that run, the oldest first} */
  List<SteppedInstance> running() {
    return driver.instances();
  }

  /** {@return the simulated cluster, for what goes wrong beside commits} */
  SimKafka kafka() {
    return cluster.kafka();
  }

  // ------------------------------------------------------------------ what can be seen

  /** {@return all committed values of a topic, partition by partition} */
  public <T> List<T> output(String topic, Class<T> type) {
    names.checkTopic(topic);
    return outputs.values(topic, TypeRef.of(type));
  }

  /** {@return the committed values of a topic that no earlier call of this method has returned} */
  public <T> List<T> drain(String topic, Class<T> type) {
    names.checkTopic(topic);
    return outputs.drain(topic, TypeRef.of(type));
  }

  /** {@return all committed records of a topic with keys and headers, without tombstones} */
  public <T> List<KafkaRecord<byte[], T>> outputRecords(String topic, Class<T> type) {
    names.checkTopic(topic);
    return outputs.records(topic, TypeRef.of(type));
  }

  /** {@return the newest value of each key (as text) of a topic that a table is written to} */
  public <T> Map<String, T> table(String topic, Class<T> type) {
    names.checkTopic(topic);
    return outputs.table(topic, TypeRef.of(type));
  }

  /**
   * {@return the committed values of this type that went into sinks other than topics: files, the
   * console, your own}
   *
   * @throws dev.millrace.error.ConfigurationException if the job writes into topics only
   */
  public <T> List<T> output(Class<T> type) {
    names.checkWritesElsewhere();
    return sinks.values().stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** {@return the lines that console sinks would have printed} */
  public List<String> printed() {
    return console.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** {@return the records that the error policy wrote to the dead-letter topic} */
  public List<DeadLetter> deadLetters() {
    return outputs.deadLetters(errorsTopic());
  }

  private String errorsTopic() {
    return driver.config().errorsTopic().orElse(plan.job() + ".errors");
  }

  /** {@return how many records came late for all their windows, since the last (re)start} */
  public long lateRecords() {
    return metrics().stages().values().stream().mapToLong(stage -> stage.lateRecords()).sum();
  }

  /**
   * {@return what the running instances have counted, all of them together; with those that {@link
   * #endInput} stopped}
   */
  public JobMetrics metrics() {
    return Seen.metrics(stages(), ended, driver.instances());
  }

  /**
   * {@return the event time up to which a task has done everything; empty if there is none yet,
   * {@link Instant#MAX} at the end of time}
   */
  public Optional<Instant> watermark(String stage, int task) {
    names.checkStage(stage);
    return Seen.watermark(driver.instances(), stage, task);
  }

  /** {@return the smallest watermark of a stage's tasks, as in {@link #watermark(String, int)}} */
  public Optional<Instant> watermark(String stage) {
    names.checkStage(stage);
    return Seen.watermark(driver.instances(), stage);
  }

  /**
   * {@return the committed rows of a running aggregate or of a function's value state, by key}
   *
   * @param store the step's name; for a state of a process function, step and state with a dot
   *     between
   * @param valueType the accumulator's type, or the state's
   * @throws ConfigurationException if there is no such store, or if it has the groups of a table
   *     with a minimum, a maximum, a number of distinct values or the first of them, whose values
   *     lie in one row or in many
   */
  public <K, V> Map<K, V> state(String store, Class<K> keyType, Class<V> valueType) {
    return new StateRows(cluster, plan).table(store, keyType, valueType);
  }

  /**
   * {@return how many committed rows a step keeps, those of windows, timers and the like included:
   * 0 when it keeps nothing any more}
   */
  public long stateRows(String step) {
    names.checkKeepsState(step);
    return new StateRows(cluster, plan).count(step);
  }

  /** {@return the job's stages, by the names under which metrics and watermarks are asked for} */
  public List<String> stages() {
    return plan.stages().stream().map(StagePlan::name).toList();
  }

  /** Kills whatever runs, and deletes the instances' files. Harmless when it is closed already. */
  @Override
  public void close() {
    driver.killAll();
    directory.ifPresent(TestFiles::delete);
  }
}
