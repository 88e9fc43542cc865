package dev.millrace.internal.launch;

import static java.util.Objects.requireNonNull;

import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.SerdeTypes;
import dev.millrace.internal.codec.StoredForm;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.compile.Compiler;
import dev.millrace.internal.connector.Retention;
import dev.millrace.internal.deploy.Bootstrap;
import dev.millrace.internal.deploy.OtherCopies;
import dev.millrace.internal.deploy.OwnTopics;
import dev.millrace.internal.deploy.ProgramVersion;
import dev.millrace.internal.deploy.RetryWaits;
import dev.millrace.internal.deploy.SerdeChecks;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.DefaultKafkaClients;
import dev.millrace.internal.kafka.GroupSessions;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaSchemas;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.stage.Loss;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.JobIdentity;
import dev.millrace.internal.state.store.StateStores;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;

/** The start of jobs. */
public final class Launcher {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private Launcher() {}

  /** {@return the plan that a job runs by} */
  public static PhysicalPlan plan(LogicalPlan job, JobConfig config) {
    try {
      return checked(job, config);
    } catch (MillraceException e) {
      throw e.within(Place.ofJob(job.job()));
    }
  }

  private static PhysicalPlan checked(LogicalPlan job, JobConfig config) {
    ErrorPolicy errors =
        new ErrorPolicy(config.errorsPolicy(), config.errorsRetries(), config.errorsRetryBackoff());
    PhysicalPlan plan = Compiler.compile(job, errors);
    OwnTopics.check(job, config);
    RetryWaits.check(plan, config);
    SerdeChecks.check(plan);
    BroadcastTables.check(plan);
    if (config.guarantee() == ProcessingGuarantee.EXACTLY_ONCE) {
      checkCallsFit(plan, config.transactionTimeout());
    }
    return plan;
  }

  /**
   * Checks that calls fit into a transaction: it waits for its calls, and the broker aborts it if
   * it takes too long.
   */
  private static void checkCallsFit(PhysicalPlan plan, Duration transactionTimeout) {
    for (StagePlan stage : plan.stages()) {
      for (Step step : stage.steps()) {
        Duration longest = step.operator().longestCall().orElse(Duration.ZERO);
        if (longest.compareTo(transactionTimeout) >= 0) {
          throw new ConfigurationException(
              "Cannot make the calls of '"
                  + step.name()
                  + "' in stage '"
                  + stage.name()
                  + "': with all retries one may take longer than a transaction ("
                  + longest
                  + ", transaction.timeout is "
                  + transactionTimeout
                  + "). Shorten the timeout, retry less, or raise transaction.timeout",
              Place.ofStage(stage.name()).withStep(step.name()),
              null);
        }
      }
    }
  }

  /** {@return a started instance of the job} */
  public static Instance start(LogicalPlan job, JobConfig config) {
    EarlyLoading.begin(job.job(), config);
    PhysicalPlan plan = plan(job, config);
    Surroundings real = Surroundings.real(config);
    Startup startup = new Startup(plan.job(), config, real.clock());
    Instance instance;
    Startup.Watch watch = startup.watch();
    try {
      instance = assembled(plan, config, real, startup);
    } finally {
      watch.close();
    }
    instance.start();
    return instance;
  }

  /**
   * {@return an instance of the job without threads, whose workers take their steps when called}
   */
  public static SteppedInstance step(
      PhysicalPlan plan, JobConfig config, Surroundings surroundings) {
    Startup startup = new Startup(plan.job(), config, surroundings.clock());
    return new SteppedInstance(assembled(plan, config, surroundings, startup));
  }

  /** {@return an instance of the job whose workers have not begun} */
  static Instance assembled(
      PhysicalPlan program, JobConfig config, Surroundings surroundings, Startup startup) {
    try {
      return assemble(program, config, surroundings, startup);
    } catch (MillraceException e) {
      throw e.within(Place.ofJob(program.job()));
    }
  }

  private static Instance assemble(
      PhysicalPlan program, JobConfig config, Surroundings surroundings, Startup startup) {
    Clock clock = surroundings.clock();
    checkStages(program, config);
    if (config.untilEnd()) {
      BroadcastTables.checkEnds(program);
    }
    SerdeTypes serdes = new SerdeTypes(program.serdeTypes());
    new StageCodecs(new InMemorySchemaBook(), serdes).places(program); // before anything is created
    Cluster cluster =
        startup.await(
            "the address of a broker",
            () -> Cluster.through(surroundings.clients(), config, clock));
    List<AutoCloseable> opened = new ArrayList<>(List.of(cluster));
    try {
      // Made before anything is asked for, while the first client still sets Kafka's protocol up.
      MetaTopic meta =
          startup.await(
              "the address of a broker",
              () -> new MetaTopic(cluster.clients(), program.metaTopic(), program.job() + "-meta"));
      opened.add(0, meta);
      Bootstrap bootstrap = new Bootstrap(cluster, program, clock, surroundings.ids(), startup);
      startup.awaitDone(
          "the features of the cluster and the topics of the job", bootstrap::prepare);
      MetaSchemas schemas = new MetaSchemas(meta);
      StageCodecs codecs = new StageCodecs(schemas, serdes);
      Map<String, StoredForm> places = codecs.places(program);
      Bootstrap.Joined joined = bootstrap.join(meta, places);
      Manifest manifest = joined.manifest();
      PhysicalPlan plan = joined.plan();
      Map<String, Retention> retentions = SinkTopics.retentions(plan, cluster, clock);
      OtherCopies others =
          new OtherCopies(
              cluster, plan.job(), plan.stages().stream().map(plan::group).toList(), clock);
      ProgramVersion version =
          new ProgramVersion(
              cluster, plan, meta, manifest, places, SerdeChecks.serializers(plan), others, clock);
      BroadcastTables tables =
          new BroadcastTables(
              cluster, plan, meta, manifest, joined.topics(), codecs, version, clock);
      List<StageSetup> setups = setups(plan, config, codecs, joined, tables, retentions);
      startup.awaitDone(
          "topic " + plan.metaTopic() + " to take the schemas of the job's types",
          () -> writeSchemas(cluster, meta, schemas, plan));
      startup.awaitDone(
          "topic " + plan.metaTopic() + " to take the version of the program", version::agree);
      InstanceSlot slot =
          surroundings
              .slots()
              .apply(
                  new JobIdentity(
                      plan.job(), UUID.fromString(manifest.jobUuid()), manifest.resetEpoch()));
      opened.add(0, slot);
      StateStores stores = surroundings.stores().get();
      opened.add(0, stores);
      WorkerSetup workerSetup =
          new WorkerSetup(
              cluster,
              slot,
              stores,
              clock,
              limits(config, setups),
              config.guarantee() == ProcessingGuarantee.EXACTLY_ONCE,
              bootstrap.deadLetterTopic(),
              surroundings.rhythm(),
              acceptedLosses(config),
              startup);
      return new Instance(
          plan,
          cluster,
          meta,
          manifest,
          version,
          setups,
          tables.reader(),
          slot,
          stores,
          workerSetup,
          sessionTimeout(plan, cluster, clock),
          clock);
    } catch (RuntimeException | Error e) {
      closeAll(opened, e);
      throw e;
    }
  }

  private static void checkStages(PhysicalPlan plan, JobConfig config) {
    List<String> stages = plan.stages().stream().map(StagePlan::name).toList();
    for (String wanted : config.stages()) {
      if (!stages.contains(wanted)) {
        throw new ConfigurationException(
            "Cannot serve stage '" + wanted + "': the job has no such stage. It has " + stages,
            Place.ofStage(wanted),
            null);
      }
    }
  }

  /** Under the classic protocol the member sets the session timeout itself. */
  private static Optional<Duration> sessionTimeout(
      PhysicalPlan plan, Cluster cluster, Clock clock) {
    JobConfig config = cluster.config();
    return config.membership() == MembershipProtocol.CLASSIC
        ? Optional.of(config.sessionTimeout())
        : new GroupSessions(cluster.clients(), config, plan.job(), clock)
            .apply(plan.stages().stream().map(plan::group).toList());
  }

  private static Set<Loss> acceptedLosses(JobConfig config) {
    Set<Loss> accepted = EnumSet.noneOf(Loss.class);
    if (config.acceptsTruncation()) {
      accepted.add(Loss.TRUNCATION);
    }
    if (config.acceptsDeletion()) {
      accepted.add(Loss.DELETION);
    }
    return accepted;
  }

  private static void closeAll(List<AutoCloseable> opened, Throwable because) {
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        because.addSuppressed(e);
      }
    }
  }

  /** Shares out the heap to the workers and tasks that an instance has, or may have. */
  static WorkerSetup.Limits limits(JobConfig config, List<StageSetup> setups) {
    long workers = setups.stream().mapToLong(setup -> Instance.workersOf(config, setup)).sum();
    long statefulTasks =
        Math.max(
            1,
            setups.stream()
                .filter(setup -> setup.stage().keepsChangelog())
                .mapToLong(StageSetup::tasks)
                .sum());
    // A third of the heap for fetches and producers is taken by the clients; the rest is ours.
    long share = Math.max(1 << 20, config.heapMemoryBytes() / 3 / Math.max(1, workers));
    long cache = Math.max(1 << 20, config.heapMemoryBytes() / 4 / statefulTasks);
    RecordLimit records = RecordLimit.ofRequests(DefaultKafkaClients.maxRequestBytes(config));
    return new WorkerSetup.Limits(
        config.commitInterval(),
        config.commitIntervalMax(),
        config.transactionTimeout(),
        share,
        Math.max(1 << 20, cache / 2),
        Backlog.mostUncommittedFrames(config),
        Math.max(1 << 20, share / 2),
        records.frameBytes(config.shuffleFrameBytes()),
        records,
        OverlayLimits.writingBack(cache),
        config.shutdownTimeout());
  }

  private static List<StageSetup> setups(
      PhysicalPlan plan,
      JobConfig config,
      StageCodecs codecs,
      Bootstrap.Joined joined,
      BroadcastTables tables,
      Map<String, Retention> retentions) {
    Manifest manifest = joined.manifest();
    Map<String, Integer> tasks = new HashMap<>();
    manifest.stages().forEach((name, stage) -> tasks.put(name, stage.tasks()));
    List<StageSetup> setups = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      Manifest.Stage deployed = requireNonNull(manifest.stages().get(stage.name()));
      List<StageSetup.Input> inputs = new ArrayList<>();
      for (StageInput input : stage.inputs()) {
        inputs.add(input(input, codecs, joined, tasks, deployed.standingByPartition()));
      }
      List<StageSetup.Output> outputs =
          stage.outputs().stream().map(edge -> output(edge, codecs, tasks)).toList();
      setups.add(
          new StageSetup(
              plan,
              UUID.fromString(manifest.jobUuid()),
              manifest.resetEpoch(),
              manifest.runNumber(),
              stage,
              deployed.tasks(),
              inputs,
              outputs,
              codecs.stores(stage, deployed.storeIds()),
              tables.of(stage),
              stage.keepsChangelog()
                  ? Optional.of(id(joined, plan.changelog(stage)))
                  : Optional.empty(),
              retentions,
              config.untilEnd()));
    }
    return setups;
  }

  private static StageSetup.Input input(
      StageInput input,
      StageCodecs codecs,
      Bootstrap.Joined joined,
      Map<String, Integer> tasks,
      Map<Integer, Long> standing) {
    UUID topicId = id(joined, input.topic());
    if (input instanceof StageInput.Shuffled shuffled) {
      ShuffleEdge edge = shuffled.edge();
      return new StageSetup.Input(
          input,
          topicId,
          tasks.getOrDefault(edge.from(), 0),
          codecs.values(edge.valueType()),
          partials(edge, codecs),
          Map.of());
    }
    return new StageSetup.Input(
        input, topicId, 0, null, null, joined.manifest().endsOf(input.topic()), standing);
  }

  private static StageSetup.Output output(
      ShuffleEdge edge, StageCodecs codecs, Map<String, Integer> tasks) {
    return new StageSetup.Output(
        edge,
        tasks.getOrDefault(edge.to(), 0),
        edge.key().isPresent() ? StageCodecs.keys(edge.keyType()) : null,
        codecs.values(edge.valueType()),
        partials(edge, codecs));
  }

  private static @org.jspecify.annotations.Nullable ValueCodec<Object> partials(
      ShuffleEdge edge, StageCodecs codecs) {
    return edge.combiner()
        .map(combiner -> codecs.values(combiner.fold().accumulatorType()))
        .orElse(null);
  }

  private static UUID id(Bootstrap.Joined joined, String topic) {
    TopicState state = joined.topics().get(topic);
    if (state == null) {
      throw new IllegalStateException("Topic " + topic + " was not described");
    }
    Uuid id = state.id();
    return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
  }

  /** Writes schemas to the meta topic, before the first value that is written with them. */
  private static void writeSchemas(
      Cluster cluster, MetaTopic meta, MetaSchemas schemas, PhysicalPlan plan) {
    Map<Integer, byte[]> missing = schemas.unwritten();
    if (missing.isEmpty()) {
      return;
    }
    Producer<byte[], byte[]> producer = cluster.clients().plainProducer(plan.job() + "-schemas");
    try {
      missing.forEach((id, schema) -> producer.send(meta.schemaRecord(id, schema)));
      producer.flush();
    } finally {
      producer.close(CLOSE_TIMEOUT);
    }
    meta.refresh();
    if (!schemas.unwritten().isEmpty()) {
      throw new TimeoutException("Schemas did not reach topic " + plan.metaTopic());
    }
  }

  /** {@return how long an orderly stop may take} */
  public static Duration shutdownTimeout(JobConfig config) {
    return config.shutdownTimeout();
  }
}
