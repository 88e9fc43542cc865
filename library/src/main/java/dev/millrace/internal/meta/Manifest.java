package dev.millrace.internal.meta;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The agreement of all instances of a job: written by the bootstrap into the job's meta topic, read
 * by all.
 *
 * @param format the version of this form
 * @param jobUuid minted at the first start; a job that is created again under the same name has
 *     another
 * @param resetEpoch how often the job was reset
 * @param phase whether it may run
 * @param run minted anew by every bounded run and every reset; finish announcements carry it
 * @param runNumber counts the runs that began after the one before had finished; it never goes back
 * @param stages the stages by name
 * @param bounded whether it runs up to fixed ends
 * @param ends for a bounded run, per source topic the end offset of each partition; else empty
 * @param splits per topic of splits the end offset of each partition
 * @param starts from the beginning of a reset until the next start has run: by stage and source
 *     topic, the offset to start from in each partition; else empty
 * @param changes counts the versions of the program that had other stages or stores than the one
 *     before
 * @param dropped stages that the program has no more, whose groups and topics are to be deleted
 * @param creating topics that are created for a change which is not made yet
 */
public record Manifest(
    int format,
    String jobUuid,
    int resetEpoch,
    Phase phase,
    String run,
    int runNumber,
    Map<String, Stage> stages,
    boolean bounded,
    Map<String, List<Long>> ends,
    Map<String, List<Long>> splits,
    Map<String, Map<String, List<Long>>> starts,
    int changes,
    Map<String, Stage> dropped,
    Set<String> creating) {

  static final int FORMAT = 1;

  /** The phase of a job, which determines whether it may run. */
  public enum Phase {
    /** Topics and first offsets are there. */
    READY,
    /** A reset has begun and has to be completed. */
    RESETTING,
    /**
     * A reset is complete: there are no internal topics, and the next start deploys the program at
     * hand, which may be of another shape.
     */
    RESET
  }

  /** The role of a topic that a stage reads. */
  public enum InputKind {
    /** A user's topic. */
    SOURCE,
    /** A user's topic whose records are the rows of a table, all of which are needed. */
    TABLE,
    /** A list of splits that the bootstrap has written. */
    SPLITS,
    /** A shuffle from another stage. */
    SHUFFLE
  }

  /**
   * A stage, as it was deployed.
   *
   * @param tasks the number of tasks
   * @param topics its input topics, with their ids
   * @param kinds what each input topic is
   * @param changelog the id of its changelog; empty if it has none
   * @param stores its stores, with a description of their codecs
   * @param storeIds the numbers under which the stores' rows are kept
   * @param sinks its sinks that keep what they have written until it is published
   * @param standing if it reads the topic of a table that is waited for, the end of what stood in
   *     each partition when it was deployed; else empty
   * @param broadcasts the tables that it writes for every instance, with the ids of their topics
   */
  public record Stage(
      int tasks,
      Map<String, String> topics,
      Map<String, InputKind> kinds,
      String changelog,
      Map<String, String> stores,
      StoreIds storeIds,
      Set<String> sinks,
      List<Long> standing,
      Map<String, String> broadcasts) {
    public Stage {
      topics = new TreeMap<>(topics);
      kinds = new TreeMap<>(kinds);
      stores = new TreeMap<>(stores);
      // A manifest of the time before they were kept has none of these.
      storeIds = storeIds == null ? StoreIds.of(stores.keySet()) : storeIds;
      sinks = sinks == null ? new TreeSet<>() : new TreeSet<>(sinks);
      standing = standing == null ? List.of() : List.copyOf(standing);
      broadcasts = broadcasts == null ? new TreeMap<>() : new TreeMap<>(broadcasts);
    }

    /** Creates a stage whose changelog is new. */
    public Stage(
        int tasks,
        Map<String, String> topics,
        Map<String, InputKind> kinds,
        String changelog,
        Map<String, String> stores,
        Set<String> sinks) {
      this(
          tasks,
          topics,
          kinds,
          changelog,
          stores,
          StoreIds.of(stores.keySet()),
          sinks,
          List.of(),
          Map.of());
    }

    /** {@return the same, which writes tables for every instance} */
    public Stage broadcasting(Map<String, String> tables) {
      return new Stage(tasks, topics, kinds, changelog, stores, storeIds, sinks, standing, tables);
    }

    /** {@return the same with another number of tasks} */
    Stage with(int newTasks) {
      return new Stage(
          newTasks, topics, kinds, changelog, stores, storeIds, sinks, standing, broadcasts);
    }

    /** {@return the same, in whose topic these rows stand, by the end of each partition} */
    public Stage withStanding(List<Long> ends) {
      return new Stage(tasks, topics, kinds, changelog, stores, storeIds, sinks, ends, broadcasts);
    }

    /** {@return the end of what stood in each partition, by partition} */
    public Map<Integer, Long> standingByPartition() {
      return byPartition(standing);
    }

    /** {@return the same with the changelog, stores and sinks of another version of the stage} */
    public Stage keeping(Stage version) {
      return new Stage(
          tasks,
          topics,
          kinds,
          version.changelog,
          version.stores,
          storeIds.only(version.stores.keySet()),
          version.sinks,
          standing,
          version.broadcasts);
    }

    /**
     * {@return the topics that are the job's own, with their ids}
     *
     * @param name the name of the stage
     */
    public Map<String, String> ownTopics(JobNames names, String name) {
      Map<String, String> own = new TreeMap<>(topics);
      own.keySet().removeAll(inputs(InputKind.SOURCE));
      own.keySet().removeAll(inputs(InputKind.TABLE));
      if (!changelog.isEmpty()) {
        own.put(names.changelog(name), changelog);
      }
      broadcasts.forEach((table, id) -> own.put(names.broadcast(table), id));
      return own;
    }

    /** {@return its input topics of that kind} */
    public List<String> inputs(InputKind kind) {
      return kinds.entrySet().stream()
          .filter(input -> input.getValue() == kind)
          .map(Map.Entry::getKey)
          .toList();
    }
  }

  public Manifest {
    stages = new TreeMap<>(stages);
    ends = new TreeMap<>(ends);
    splits = new TreeMap<>(splits);
    starts = new TreeMap<>(starts);
    // A manifest of the time before stages could be added and dropped has neither.
    dropped = dropped == null ? new TreeMap<>() : new TreeMap<>(dropped);
    creating = creating == null ? new TreeSet<>() : new TreeSet<>(creating);
  }

  /** {@return the manifest of a job that is to be deployed for the first time} */
  public static Manifest first(UUID jobUuid) {
    return new Manifest(
        FORMAT,
        jobUuid.toString(),
        0,
        Phase.RESET,
        "",
        0,
        Map.of(),
        false,
        Map.of(),
        Map.of(),
        Map.of(),
        0,
        Map.of(),
        Set.of());
  }

  /** {@return an id for a run that begins} */
  public static String newRun() {
    return newRun(UUID::randomUUID);
  }

  /** {@return an id for a run that begins, made from the next id of the supplier} */
  public static String newRun(Supplier<UUID> ids) {
    return ids.get().toString().substring(0, 8);
  }

  /** {@return the end of each partition of an input, by partition; empty for a shuffle} */
  public Map<Integer, Long> endsOf(String topic) {
    return byPartition(ends.getOrDefault(topic, splits.getOrDefault(topic, List.of())));
  }

  /** {@return the same with ends, for a new bounded run} */
  public Manifest bounded(String newRun, Map<String, List<Long>> newEnds) {
    Draft next = new Draft(this);
    next.run = newRun;
    next.bounded = true;
    next.ends = newEnds;
    return next.done();
  }

  /** {@return the same for the run that follows one that has finished; it has no ends yet} */
  public Manifest following(String newRun) {
    Draft next = new Draft(this);
    next.run = newRun;
    next.runNumber++;
    next.bounded = false;
    next.ends = Map.of();
    return next.done();
  }

  /** {@return whether this is a later run in the same life of the job} */
  boolean isRunAfter(Manifest other) {
    return jobUuid.equals(other.jobUuid)
        && resetEpoch == other.resetEpoch
        && runNumber > other.runNumber;
  }

  /** {@return the same with a reset begun, which is to start sources at these offsets} */
  public Manifest resetting(Map<String, Map<String, List<Long>>> newStarts) {
    Draft next = new Draft(this);
    next.phase = Phase.RESETTING;
    next.starts = newStarts;
    return next.done();
  }

  /** {@return the same with its reset completed: the next epoch, and ready to be deployed anew} */
  public Manifest reset(String newRun) {
    Draft next = new Draft(this);
    next.resetEpoch++;
    next.phase = Phase.RESET;
    next.run = newRun;
    next.bounded = false;
    next.ends = Map.of();
    next.splits = Map.of();
    next.changes = 0;
    next.dropped = Map.of();
    next.creating = Set.of();
    return next.done();
  }

  /** {@return the same job deployed anew} */
  public Manifest deployed(
      String newRun, Map<String, Stage> newStages, Map<String, List<Long>> newSplits) {
    Draft next = new Draft(this);
    next.phase = Phase.READY;
    next.run = newRun;
    next.stages = newStages;
    next.bounded = false;
    next.ends = Map.of();
    next.splits = newSplits;
    next.starts = Map.of();
    next.changes = 0;
    next.dropped = Map.of();
    next.creating = Set.of();
    return next.done();
  }

  /** {@return the same with more tasks of stages whose topics have grown, by stage} */
  public Manifest grown(Map<String, Integer> newTasks) {
    Map<String, Stage> newStages = new TreeMap<>(stages);
    newTasks.forEach(
        (name, tasks) -> newStages.computeIfPresent(name, (same, stage) -> stage.with(tasks)));
    Draft next = new Draft(this);
    next.stages = newStages;
    return next.done();
  }

  /**
   * {@return the same with other stages}
   *
   * @param newSplits the ends of the splits of new stages, by topic
   * @param newDropped the stages that are to be deleted
   */
  public Manifest changed(
      String newRun,
      Map<String, Stage> newStages,
      Map<String, List<Long>> newSplits,
      Map<String, Stage> newDropped) {
    Map<String, List<Long>> allSplits = new TreeMap<>(splits);
    allSplits.putAll(newSplits);
    newDropped.values().forEach(stage -> allSplits.keySet().removeAll(stage.topics().keySet()));
    Draft next = new Draft(this);
    next.run = newRun;
    next.stages = newStages;
    next.splits = allSplits;
    next.changes++;
    next.dropped = newDropped;
    next.creating = Set.of();
    return next.done();
  }

  /** {@return the same with topics that are about to be created for a change} */
  public Manifest creating(Set<String> topics) {
    return leaving(dropped, topics);
  }

  /** {@return whether a change has left something that is to be deleted} */
  public boolean hasRemains() {
    return !dropped.isEmpty() || !creating.isEmpty();
  }

  /** {@return the same after what a change has left is deleted} */
  public Manifest withoutRemains() {
    return leaving(Map.of(), Set.of());
  }

  private Manifest leaving(Map<String, Stage> newDropped, Set<String> newCreating) {
    Draft next = new Draft(this);
    next.dropped = newDropped;
    next.creating = newCreating;
    return next.done();
  }

  /** {@return whether a version of other stages or stores has come after another in this life} */
  public boolean isChangedSince(Manifest other) {
    return jobUuid.equals(other.jobUuid)
        && resetEpoch == other.resetEpoch
        && changes > other.changes;
  }

  /** {@return where a reset has a source's partition start, if it set an offset} */
  public OptionalLong startOf(String stage, String topic, int partition) {
    List<Long> offsets = starts.getOrDefault(stage, Map.of()).getOrDefault(topic, List.of());
    if (offsets.isEmpty()) {
      // The program may have changed since: a stage of another name may read the topic now.
      offsets =
          starts.values().stream()
              .map(topics -> topics.getOrDefault(topic, List.of()))
              .filter(found -> !found.isEmpty())
              .findFirst()
              .orElse(List.of());
    }
    return partition < offsets.size()
        ? OptionalLong.of(offsets.get(partition))
        : OptionalLong.empty();
  }

  private static Map<Integer, Long> byPartition(List<Long> offsets) {
    Map<Integer, Long> byPartition = new TreeMap<>();
    for (int i = 0; i < offsets.size(); i++) {
      byPartition.put(i, offsets.get(i));
    }
    return byPartition;
  }

  /** A manifest that follows another one, of which it has all that is not set. */
  private static final class Draft {

    private final int format;
    private final String jobUuid;
    private int resetEpoch;
    private Phase phase;
    private String run;
    private int runNumber;
    private Map<String, Stage> stages;
    private boolean bounded;
    private Map<String, List<Long>> ends;
    private Map<String, List<Long>> splits;
    private Map<String, Map<String, List<Long>>> starts;
    private int changes;
    private Map<String, Stage> dropped;
    private Set<String> creating;

    Draft(Manifest before) {
      format = before.format;
      jobUuid = before.jobUuid;
      resetEpoch = before.resetEpoch;
      phase = before.phase;
      run = before.run;
      runNumber = before.runNumber;
      stages = before.stages;
      bounded = before.bounded;
      ends = before.ends;
      splits = before.splits;
      starts = before.starts;
      changes = before.changes;
      dropped = before.dropped;
      creating = before.creating;
    }

    Manifest done() {
      return new Manifest(
          format,
          jobUuid,
          resetEpoch,
          phase,
          run,
          runNumber,
          stages,
          bounded,
          ends,
          splits,
          starts,
          changes,
          dropped,
          creating);
    }
  }
}
