package dev.millrace.internal.deploy;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.JobStateException;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.meta.JobNames;
import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.util.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The change of a deployed job to the stages and stores of another program.
 *
 * <p>The steps, all of them by the instance that holds the transactional id of the bootstrap:
 *
 * <pre>
 *   1  manifest: the names of the topics that will be created
 *   2  create them, and write the first offsets of new stages
 *   3  manifest: the new stages, and a list of those that are gone     the change, in one write
 *   4  delete the groups and topics of those that are gone
 *   5  manifest: without that list                                     from here on copies run
 * </pre>
 *
 * <p>Each can be repeated. The next start after a crash, of whatever version, first deletes what
 * the manifest lists: topics that were created in vain, or the stages that are gone. Topics are
 * deleted by their ids: a deletion that is late cannot hit those that were created again.
 *
 * <p><b>Threads.</b> Confined to the thread that starts the job.
 */
final class Redeployment {

  private static final Logger LOGGER = LoggerFactory.getLogger(Redeployment.class);

  private final Cluster cluster;
  private final PhysicalPlan plan;
  private final JobTopics topics;
  private final JobNames names;
  private final Clock clock;

  /**
   * Creates the change to a program.
   *
   * @param plan the program, as it fits what is deployed
   */
  Redeployment(Cluster cluster, PhysicalPlan plan, JobTopics topics, Clock clock) {
    this.cluster = cluster;
    this.plan = plan;
    this.topics = topics;
    this.names = new JobNames(plan.job());
    this.clock = clock;
  }

  /** {@return the stages of the deployed job that keep changelogs, whether they still need to} */
  static Set<String> keepers(Manifest manifest) {
    return manifest.phase() != Manifest.Phase.READY
        ? Set.of()
        : manifest.stages().entrySet().stream()
            .filter(stage -> !stage.getValue().changelog().isEmpty())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
  }

  /** {@return what the program changes} */
  ShapeChange change(Manifest manifest, Growth growth) {
    Set<String> keepers = new HashSet<>();
    for (StagePlan stage : plan.stages()) {
      if (stage.keepsChangelog()) {
        keepers.add(stage.name());
      }
    }
    Map<String, Manifest.Stage> deployed = manifest.grown(growth.grown()).stages();
    ShapeChange change =
        ShapeChange.between(deployed, topics.stages(topics.existing(growth), growth), keepers);
    change.misfits().addAll(TableReaders.misfits(plan, deployed));
    return change;
  }

  /**
   * Checks that the job can be changed so.
   *
   * @throws IncompatibleJobException if it cannot
   * @throws JobStateException if it cannot at present
   */
  void check(Manifest manifest, ShapeChange change, Growth growth) {
    Map<String, Manifest.Stage> program = topics.stages(Map.of(), growth);
    change.check(plan.job(), cluster.config().drops(), program);
    for (StagePlan stage : plan.stages()) {
      int channels = 0;
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Shuffled shuffled) {
          channels += Objects.requireNonNull(program.get(shuffled.edge().from())).tasks();
        }
      }
      StageSetup.checkChannels(stage, channels);
    }
    if (change.isAny() && manifest.bounded()) {
      throw new JobStateException(
          "Cannot run job '"
              + plan.job()
              + "': it was started up to the end of its input with other stages or stores, and has"
              + " not come to it ("
              + change.summary()
              + "). Let the version before run with --until-end until it has finished, then start"
              + " this one");
    }
  }

  /** {@return the other copies of the job, of any version} */
  OtherCopies others(Manifest manifest) {
    Set<String> stages = new TreeSet<>(manifest.stages().keySet());
    plan.stages().forEach(stage -> stages.add(stage.name()));
    return new OtherCopies(cluster, plan.job(), stages.stream().map(names::group).toList(), clock);
  }

  /** {@return the topics that have to be created} */
  Set<String> newTopics(ShapeChange change) {
    Set<String> found = new TreeSet<>();
    plan.stages().forEach(stage -> found.addAll(newTopics(stage, change)));
    return found;
  }

  private List<String> newTopics(StagePlan stage, ShapeChange change) {
    boolean isNew = change.newStages().contains(stage.name());
    List<String> found = new ArrayList<>();
    for (StageInput input : stage.inputs()) {
      if (isNew && !(input instanceof StageInput.Kafka)) {
        found.add(input.topic());
      }
    }
    if (stage.keepsChangelog() && (isNew || change.newChangelogs().contains(stage.name()))) {
      found.add(plan.changelog(stage));
    }
    for (Broadcast table : stage.broadcasts()) {
      if (isNew || change.newStores().contains(stored(stage.name(), table.name()))) {
        found.add(table.topic());
      }
    }
    return found;
  }

  /**
   * Checks that none of these topics has records: nothing shows whose they are.
   *
   * @throws IncompatibleJobException if one has
   */
  void checkNothingThere(ShapeChange change, Growth growth) {
    Map<String, TopicState> existing = topics.existing(growth);
    Map<String, Manifest.Stage> stages = topics.stages(existing, growth);
    List<TopicPartition> partitions = new ArrayList<>();
    Set<String> used = new TreeSet<>();
    for (StagePlan stage : plan.stages()) {
      int tasks = Objects.requireNonNull(stages.get(stage.name())).tasks();
      for (String topic : newTopics(stage, change)) {
        List<TopicPartition> found = JobTopics.partitions(topic, existing);
        partitions.addAll(found);
        boolean isBroadcast =
            stage.broadcasts().stream().anyMatch(table -> table.topic().equals(topic));
        if (!found.isEmpty() && found.size() != (isBroadcast ? 1 : tasks)) {
          used.add(topic);
        }
      }
    }
    cluster
        .offsets()
        .ends(partitions, IsolationLevel.READ_UNCOMMITTED)
        .forEach(
            (partition, end) -> {
              if (end > 0) {
                used.add(partition.topic());
              }
            });
    if (!used.isEmpty()) {
      throw new IncompatibleJobException(
          "Cannot add what is new to job '"
              + plan.job()
              + "': its topics are there already, with records or partitions that are not the job's"
              + " ("
              + String.join(", ", used)
              + "). Delete them (kafka-topics.sh --delete --topic NAME), or give the new steps"
              + " another name");
    }
  }

  /** {@return the topics of the program; new ones are created, as are new stages' first offsets} */
  Map<String, TopicState> create(Manifest manifest, ShapeChange change, Growth growth) {
    Map<String, TopicState> created = topics.create(growth);
    new FirstOffsets(cluster, plan).write(created, manifest, change.newStages());
    return created;
  }

  /**
   * {@return the manifest of the changed job}
   *
   * @param created the topics of the program
   * @param newSplits the ends of the splits of new sources, by topic
   */
  Manifest changed(
      Manifest manifest,
      ShapeChange change,
      Growth growth,
      Map<String, TopicState> created,
      Map<String, List<Long>> newSplits,
      String newRun) {
    Map<String, Manifest.Stage> stages =
        new TreeMap<>(topics.withStandingRows(topics.stages(created, growth)));
    stages.replaceAll(
        (name, own) -> {
          Manifest.Stage known = manifest.stages().get(name);
          return known == null ? own : known.keeping(own);
        });
    Map<String, Manifest.Stage> dropped = new TreeMap<>(manifest.stages());
    dropped.keySet().retainAll(change.goneStages());
    LOGGER
        .atInfo()
        .addKeyValue("job", plan.job())
        .addKeyValue("change", change.summary())
        .log("The job is changed to another version of its program");
    return manifest
        .changed(newRun, stages, newSplits, dropped)
        .creating(goneTables(manifest, change));
  }

  private static String stored(String stage, String table) {
    return stage + "/" + ShapeChange.broadcast(table);
  }

  /** {@return the topics of tables that stages do not write any more, to be deleted like others} */
  private Set<String> goneTables(Manifest manifest, ShapeChange change) {
    Set<String> gone = new TreeSet<>();
    manifest
        .stages()
        .forEach(
            (name, stage) ->
                stage.broadcasts().keySet().stream()
                    .filter(table -> change.goneStores().contains(stored(name, table)))
                    .forEach(table -> gone.add(names.broadcast(table))));
    return gone;
  }

  /** {@return the splits of new sources} */
  Splits newSplits(ShapeChange change) {
    return Splits.of(
        plan.stages().stream().filter(stage -> change.newStages().contains(stage.name())).toList());
  }

  /**
   * Deletes what changes have left: stages that are gone, and topics of one that was interrupted.
   */
  void deleteRemains(Manifest manifest) {
    if (!manifest.dropped().isEmpty()) {
      // Those of copies that died: they keep groups from being deleted.
      Set<String> ignored =
          cluster
              .transactions()
              .fenceOpen(cluster.transactions().openIds(names.transactionalIdPrefix(manifest)));
    }
    Map<String, String> ids = new TreeMap<>();
    cluster
        .topics()
        .describe(manifest.creating())
        .forEach((topic, state) -> ids.put(topic, state.id().toString()));
    manifest.stages().forEach((name, stage) -> ids.keySet().removeAll(own(name, stage).keySet()));
    manifest
        .dropped()
        .forEach(
            (name, stage) -> {
              cluster.groups().delete(names.group(name));
              ids.putAll(own(name, stage));
            });
    cluster.topics().deleteTopicsById(ids);
    LOGGER
        .atInfo()
        .addKeyValue("job", plan.job())
        .addKeyValue("stages", manifest.dropped().keySet())
        .addKeyValue("topics", ids.keySet())
        .log("What a change of the job has left is deleted");
  }

  private Map<String, String> own(String name, Manifest.Stage stage) {
    return stage.ownTopics(names, name);
  }
}
