package dev.millrace.internal.launch;

import dev.millrace.config.ProcessingGuarantee;
import dev.millrace.connector.SplitSource;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.JobStateException;
import dev.millrace.error.MillraceException;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.MissingRights;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.kafka.TopicSpec;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * The creation of a job in a cluster: its topics, the first offsets of its groups, and the manifest
 * that records them.
 *
 * <p>Several instances may start at once. The one that holds the transactional id {@code
 * <job>-bootstrap} does the work; a second one that takes the id fences the first, and every step
 * can be repeated, so it does not matter who wins. Offsets are written before anybody joins a
 * group: the broker refuses them afterwards.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
final class Bootstrap {

  private static final long POLL_MS = 100;

  private final Cluster cluster;
  private final PhysicalPlan plan;
  private final Clock clock;
  private final Supplier<UUID> ids;
  private final Startup startup;
  private final Map<String, TopicState> userTopics = new TreeMap<>();

  /** Source topics that have grown since the manifest that was read last. */
  private Growth growth = Growth.NONE;

  /**
   * The state of the job that an instance joins.
   *
   * @param manifest the manifest
   * @param topics every topic of the job, and the user topics it reads
   */
  record Joined(Manifest manifest, Map<String, TopicState> topics) {}

  Bootstrap(Cluster cluster, PhysicalPlan plan, Clock clock, Supplier<UUID> ids, Startup startup) {
    this.cluster = cluster;
    this.plan = plan;
    this.clock = clock;
    this.ids = ids;
    this.startup = startup;
  }

  /** Checks the cluster and creates the meta topic, in which instances agree on everything else. */
  void prepare() {
    if (cluster.config().guarantee() == ProcessingGuarantee.EXACTLY_ONCE) {
      cluster.topics().brokerTransactionVersion();
    }
    for (StagePlan stage : plan.stages()) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Kafka kafka) {
          userTopics.put(kafka.topic(), cluster.topics().checkUserTopic(kafka.topic()));
        }
      }
      for (Step step : stage.steps()) {
        if (step.operator() instanceof StageOperator.WriteKafka write
            && write.sink().topics() == null) {
          cluster.topics().checkUserTopic(write.sink().topic());
        }
      }
    }
    if (cluster.topics().describe(List.of(plan.metaTopic())).isEmpty()) {
      cluster.topics().checkInternal(internalTopics());
    }
    cluster
        .topics()
        .createInternal(
            List.of(
                TopicSpec.compacted(plan.metaTopic(), 1),
                TopicSpec.compacted(plan.statusTopic(), 1)));
  }

  /** {@return the job as agreed, after creating it if no instance has yet} */
  Joined join(MetaTopic meta) {
    int attempts = 0;
    while (true) {
      try {
        meta.refresh();
        Optional<Joined> agreed = agreed(meta);
        if (agreed.isPresent()) {
          return agreed.get();
        }
        lead(meta);
      } catch (RuntimeException e) {
        // Another instance does the same and has fenced this one, or brokers do not answer.
        startup.goOnAfter("the job's manifest in topic " + plan.metaTopic(), explained(e));
        giveOthersTime(meta, ++attempts);
      }
    }
  }

  private RuntimeException explained(RuntimeException error) {
    return MissingRights.explained(error, "start job '" + plan.job() + "'", "WRITE", bootstrapId());
  }

  /** {@return the job, if its manifest is there and the program fits it} */
  private Optional<Joined> agreed(MetaTopic meta) {
    Manifest manifest = meta.manifest().orElse(null);
    if (manifest == null) {
      return Optional.empty();
    }
    checkPhase(manifest);
    if (manifest.phase() != Manifest.Phase.READY) {
      return Optional.empty();
    }
    // Before anything is created: a program that is refused leaves nothing behind.
    growth = Growth.since(manifest, plan, userTopics);
    manifest.grown(growth.grown()).checkCompatible(plan.job(), stages(existingTopics()));
    if (growth.isAny() || boundsAreMissing(manifest)) {
      return Optional.empty();
    }
    checkBounds(manifest, meta);
    return Optional.of(new Joined(manifest, createTopics()));
  }

  /**
   * Waits longer each time, and each instance differently, so that one of them completes its steps.
   */
  private void giveOthersTime(MetaTopic meta, int attempts) {
    long spreadMs = Math.floorMod(ids.get().getLeastSignificantBits(), 500L * attempts);
    long until =
        clock.nanos() + Duration.ofMillis(Math.min(500L * attempts + spreadMs, 10_000)).toNanos();
    while (clock.nanos() < until) {
      clock.sleepMs(POLL_MS);
      try {
        meta.refresh();
      } catch (KafkaException e) {
        return; // The next attempt begins with the same refresh, and decides about its failure.
      }
      if (meta.manifest().isPresent()) {
        return;
      }
    }
  }

  private void checkPhase(Manifest manifest) {
    if (manifest.phase() == Manifest.Phase.RESETTING) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "': a reset of it was begun and not completed. Run reset again");
    }
  }

  private boolean boundsAreMissing(Manifest manifest) {
    return cluster.config().untilEnd() && !manifest.bounded();
  }

  private void checkBounds(Manifest manifest, MetaTopic meta) {
    if (!manifest.bounded()) {
      return;
    }
    if (!cluster.config().untilEnd()) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "' without end: it was started up to the end of its input. Give --until-end again,"
              + " reset it, or use another name");
    }
    if (meta.allFinished(manifest) && !ends().equals(manifest.ends())) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "' on: it has finished, and there is new input since. Run reset to compute"
              + " everything again, or use another job name for the new input");
    }
  }

  private void lead(MetaTopic meta) {
    // What can be refused comes first: later, topics would be left over.
    boolean first =
        meta.manifest().map(known -> known.phase() == Manifest.Phase.RESET).orElse(true);
    Map<String, List<byte[]>> splits = first ? splits() : Map.of();
    Map<String, Manifest.Stage> ignored = stages(existingTopics());
    growth.growChangelogs(cluster, plan);
    Map<String, TopicState> topics = createTopics();
    String id = bootstrapId();
    try (Producer<byte[], byte[]> producer = cluster.clients().transactionalProducer(id, id)) {
      producer.initTransactions();
      meta.refresh();
      Manifest manifest = meta.manifest().orElse(null);
      if (manifest != null) {
        checkPhase(manifest);
        growth = Growth.since(manifest, plan, userTopics);
      }
      if (manifest == null || manifest.phase() == Manifest.Phase.RESET) {
        Map<String, Manifest.Stage> stages = stages(topics);
        manifest = manifest == null ? Manifest.first(ids.get()) : manifest;
        writeFirstOffsets(topics, manifest);
        producer.beginTransaction();
        Map<String, List<Long>> splitEnds =
            writeSplits(producer, topics, splitRecords(topics, splits));
        manifest = manifest.deployed(newRun(), stages, splitEnds);
        if (cluster.config().untilEnd()) {
          manifest = manifest.bounded(newRun(), ends());
        }
      } else if (growth.isAny()) {
        producer.beginTransaction();
        growth.pickUp(cluster, plan, manifest, producer);
        manifest = manifest.grown(growth.grown());
      } else if (boundsAreMissing(manifest)) {
        manifest = manifest.bounded(newRun(), ends());
        producer.beginTransaction();
      } else {
        return;
      }
      producer.send(meta.record(manifest));
      producer.commitTransaction();
    }
  }

  private String bootstrapId() {
    return plan.job() + "-bootstrap";
  }

  private String newRun() {
    return Manifest.newRun(ids);
  }

  // ------------------------------------------------------------------ topics

  private Map<String, Integer> tasks() {
    return Sizes.tasks(
        plan,
        topic -> {
          TopicState state = userTopics.get(topic);
          return state == null ? 0 : state.partitions();
        },
        growth.deployed());
  }

  /** {@return all topics of the job, created where they are missing, and the user topics} */
  private Map<String, TopicState> createTopics() {
    List<TopicSpec> specs = internalTopics();
    if (plan.stages().stream().anyMatch(Bootstrap::wantsDeadLetters) && !isUsersDeadLetterTopic()) {
      specs.add(TopicSpec.retained(deadLetterTopic(), 1));
    }
    Map<String, TopicState> topics = new HashMap<>(cluster.topics().createInternal(specs));
    topics.putAll(userTopics);
    return topics;
  }

  /** {@return those topics of the job that exist, and the user topics} */
  private Map<String, TopicState> existingTopics() {
    Map<String, TopicState> topics =
        new HashMap<>(
            cluster.topics().describe(internalTopics().stream().map(TopicSpec::name).toList()));
    topics.putAll(userTopics);
    return topics;
  }

  private List<TopicSpec> internalTopics() {
    Map<String, Integer> tasks = tasks();
    List<TopicSpec> specs = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      int count = tasks.getOrDefault(stage.name(), 0);
      for (StageInput input : stage.inputs()) {
        if (!(input instanceof StageInput.Kafka)) {
          specs.add(TopicSpec.retained(input.topic(), count));
        }
      }
      if (stage.keepsChangelog()) {
        specs.add(TopicSpec.compacted(plan.changelog(stage), count));
      }
    }
    return specs;
  }

  private static boolean wantsDeadLetters(StagePlan stage) {
    return stage.steps().stream().anyMatch(step -> isDeadLetter(step.errors()))
        || stage.outputs().stream().map(ShuffleEdge::errors).anyMatch(Bootstrap::isDeadLetter)
        || stage.inputs().stream().anyMatch(Bootstrap::isDeadLetter);
  }

  private static boolean isDeadLetter(StageInput input) {
    return (input instanceof StageInput.Kafka kafka && isDeadLetter(kafka.errors()))
        || (input instanceof StageInput.Splits splits && isDeadLetter(splits.errors()));
  }

  private static boolean isDeadLetter(ErrorPolicy policy) {
    return policy.action() == ErrorPolicy.Action.DEAD_LETTER;
  }

  /** A topic that the user named and made keeps the shape the user gave it. */
  private boolean isUsersDeadLetterTopic() {
    return cluster.config().errorsTopic().isPresent()
        && !cluster.topics().describe(List.of(deadLetterTopic())).isEmpty();
  }

  String deadLetterTopic() {
    return cluster.config().errorsTopic().orElse(plan.job() + ".errors");
  }

  private Map<String, Manifest.Stage> stages(Map<String, TopicState> topics) {
    Map<String, Integer> tasks = tasks();
    Map<String, Manifest.Stage> stages = new LinkedHashMap<>();
    for (StagePlan stage : plan.stages()) {
      Map<String, String> inputs = new TreeMap<>();
      Map<String, Manifest.InputKind> kinds = new TreeMap<>();
      for (StageInput input : stage.inputs()) {
        inputs.put(input.topic(), id(topics, input.topic()));
        kinds.put(input.topic(), kind(input));
      }
      Map<String, String> stores = new TreeMap<>();
      stage.steps().stream()
          .forEach(
              step ->
                  step.operator()
                      .stores()
                      .forEach(
                          store -> stores.put(step.storeName(store), StageCodecs.describe(step))));
      stages.put(
          stage.name(),
          new Manifest.Stage(
              tasks.getOrDefault(stage.name(), 0),
              inputs,
              kinds,
              stage.keepsChangelog() ? id(topics, plan.changelog(stage)) : "",
              stores));
    }
    return stages;
  }

  private static Manifest.InputKind kind(StageInput input) {
    if (input instanceof StageInput.Kafka) {
      return Manifest.InputKind.SOURCE;
    }
    return input instanceof StageInput.Splits
        ? Manifest.InputKind.SPLITS
        : Manifest.InputKind.SHUFFLE;
  }

  /** {@return the id of a topic; empty if there is no such topic (yet, or any more)} */
  private static String id(Map<String, TopicState> topics, String name) {
    TopicState state = topics.get(name);
    return state == null ? "" : state.id().toString();
  }

  // ------------------------------------------------------------------ offsets and splits

  /** Writes where sources start: the offsets of a reset, or those that the program asks for. */
  private void writeFirstOffsets(Map<String, TopicState> topics, Manifest manifest) {
    for (StagePlan stage : plan.stages()) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (StageInput input : stage.inputs()) {
        firstOffsets(input, topics)
            .forEach(
                (partition, offset) ->
                    offsets.put(
                        partition,
                        new OffsetAndMetadata(
                            manifest
                                .startOf(stage.name(), partition.topic(), partition.partition())
                                .orElse(offset),
                            SmallFrame.NONE)));
      }
      cluster.groups().writeOffsets(plan.group(stage), offsets);
    }
  }

  private Map<TopicPartition, Long> firstOffsets(StageInput input, Map<String, TopicState> topics) {
    List<TopicPartition> partitions = partitions(input.topic(), topics);
    if (input instanceof StageInput.Kafka kafka) {
      return kafka.source().start() == KafkaSourceSpec.Start.LATEST
          ? cluster.offsets().ends(partitions, IsolationLevel.READ_UNCOMMITTED)
          : cluster.offsets().beginnings(partitions);
    }
    Map<TopicPartition, Long> zeros = new HashMap<>();
    partitions.forEach(partition -> zeros.put(partition, 0L));
    return zeros;
  }

  private static List<TopicPartition> partitions(String topic, Map<String, TopicState> topics) {
    TopicState state = topics.get(topic);
    int count = state == null ? 0 : state.partitions();
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      partitions.add(new TopicPartition(topic, i));
    }
    return partitions;
  }

  /** {@return the splits of those sources that are not Kafka's, by the topic they go to} */
  private Map<String, List<byte[]>> splits() {
    Map<String, List<byte[]>> all = new TreeMap<>();
    for (StagePlan stage : plan.stages()) {
      if (stage.inputs().get(0) instanceof StageInput.Splits input) {
        all.put(input.topic(), splits(input.source().splits()));
      }
    }
    return all;
  }

  /** {@return the records that describe the splits, by topic, dealt out to its partitions} */
  private static Map<String, List<ProducerRecord<byte[], byte[]>>> splitRecords(
      Map<String, TopicState> topics, Map<String, List<byte[]>> splits) {
    Map<String, List<ProducerRecord<byte[], byte[]>>> all = new TreeMap<>();
    splits.forEach(
        (topic, each) -> {
          int partitions = partitions(topic, topics).size();
          List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
          for (byte[] split : each) {
            records.add(
                new ProducerRecord<>(topic, records.size() % partitions, null, null, split));
          }
          all.put(topic, records);
        });
    return all;
  }

  /**
   * Sends the splits, and returns the offset after the last one of each partition: not how many
   * there are, since a former attempt that was aborted takes up offsets too.
   */
  private static Map<String, List<Long>> writeSplits(
      Producer<byte[], byte[]> producer,
      Map<String, TopicState> topics,
      Map<String, List<ProducerRecord<byte[], byte[]>>> splits) {
    Map<String, List<Long>> ends = new TreeMap<>();
    splits.forEach(
        (topic, records) -> {
          List<Future<RecordMetadata>> sent = records.stream().map(producer::send).toList();
          producer.flush();
          List<Long> end =
              new ArrayList<>(Collections.nCopies(partitions(topic, topics).size(), 0L));
          for (Future<RecordMetadata> each : sent) {
            RecordMetadata written = written(each);
            end.set(written.partition(), written.offset() + 1);
          }
          ends.put(topic, end);
        });
    return ends;
  }

  private static RecordMetadata written(Future<RecordMetadata> sent) {
    try {
      return sent.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    }
  }

  private static List<byte[]> splits(SplitSource<?> source) {
    try {
      return source.splits();
    } catch (MillraceException e) {
      throw e;
    } catch (Exception e) {
      throw new ConfigurationException(
          "Cannot list the splits of source '" + source.name() + "': " + e + ". Mend its input", e);
    }
  }

  /** {@return the present ends of all user topics the job reads} */
  private Map<String, List<Long>> ends() {
    Map<String, List<Long>> ends = new TreeMap<>();
    for (String topic : new TreeSet<>(userTopics.keySet())) {
      Map<TopicPartition, Long> found =
          cluster
              .offsets()
              .ends(partitions(topic, userTopics), IsolationLevel.READ_UNCOMMITTED);
      List<Long> perPartition = new ArrayList<>();
      for (TopicPartition partition : partitions(topic, userTopics)) {
        perPartition.add(found.getOrDefault(partition, 0L));
      }
      ends.put(topic, perPartition);
    }
    return ends;
  }
}
