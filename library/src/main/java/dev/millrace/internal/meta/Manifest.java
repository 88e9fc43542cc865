package dev.millrace.internal.meta;

import dev.millrace.error.IncompatibleJobException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
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
    Map<String, Map<String, List<Long>>> starts) {

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
   */
  public record Stage(
      int tasks,
      Map<String, String> topics,
      Map<String, InputKind> kinds,
      String changelog,
      Map<String, String> stores,
      StoreIds storeIds) {
    public Stage {
      topics = new TreeMap<>(topics);
      kinds = new TreeMap<>(kinds);
      stores = new TreeMap<>(stores);
      // A manifest of the time before they were kept has none.
      storeIds = storeIds == null ? StoreIds.of(stores.keySet()) : storeIds;
    }

    /** Creates a stage whose changelog is new. */
    public Stage(
        int tasks,
        Map<String, String> topics,
        Map<String, InputKind> kinds,
        String changelog,
        Map<String, String> stores) {
      this(tasks, topics, kinds, changelog, stores, StoreIds.of(stores.keySet()));
    }

    /** {@return the same with another number of tasks} */
    Stage with(int newTasks) {
      return new Stage(newTasks, topics, kinds, changelog, stores, storeIds);
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
        Map.of());
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
    List<Long> all = ends.getOrDefault(topic, splits.getOrDefault(topic, List.of()));
    Map<Integer, Long> byPartition = new TreeMap<>();
    for (int i = 0; i < all.size(); i++) {
      byPartition.put(i, all.get(i));
    }
    return byPartition;
  }

  /** {@return the same with ends, for a new bounded run} */
  public Manifest bounded(String newRun, Map<String, List<Long>> newEnds) {
    return new Manifest(
        format,
        jobUuid,
        resetEpoch,
        phase,
        newRun,
        runNumber,
        stages,
        true,
        newEnds,
        splits,
        starts);
  }

  /** {@return the same for the run that follows one that has finished; it has no ends yet} */
  public Manifest following(String newRun) {
    return new Manifest(
        format,
        jobUuid,
        resetEpoch,
        phase,
        newRun,
        runNumber + 1,
        stages,
        false,
        Map.of(),
        splits,
        starts);
  }

  /** {@return whether this is a later run in the same life of the job} */
  boolean isRunAfter(Manifest other) {
    return jobUuid.equals(other.jobUuid)
        && resetEpoch == other.resetEpoch
        && runNumber > other.runNumber;
  }

  /** {@return the same with a reset begun, which is to start sources at these offsets} */
  public Manifest resetting(Map<String, Map<String, List<Long>>> newStarts) {
    return new Manifest(
        format,
        jobUuid,
        resetEpoch,
        Phase.RESETTING,
        run,
        runNumber,
        stages,
        bounded,
        ends,
        splits,
        newStarts);
  }

  /** {@return the same with its reset completed: the next epoch, and ready to be deployed anew} */
  public Manifest reset(String newRun) {
    return new Manifest(
        format,
        jobUuid,
        resetEpoch + 1,
        Phase.RESET,
        newRun,
        runNumber,
        stages,
        false,
        Map.of(),
        Map.of(),
        starts);
  }

  /** {@return the same job deployed anew} */
  public Manifest deployed(
      String newRun, Map<String, Stage> newStages, Map<String, List<Long>> newSplits) {
    return new Manifest(
        format,
        jobUuid,
        resetEpoch,
        Phase.READY,
        newRun,
        runNumber,
        newStages,
        false,
        Map.of(),
        newSplits,
        Map.of());
  }

  /** {@return the same with more tasks of stages whose topics have grown, by stage} */
  public Manifest grown(Map<String, Integer> newTasks) {
    Map<String, Stage> newStages = new TreeMap<>(stages);
    newTasks.forEach(
        (name, tasks) -> newStages.computeIfPresent(name, (same, stage) -> stage.with(tasks)));
    return new Manifest(
        format,
        jobUuid,
        resetEpoch,
        phase,
        run,
        runNumber,
        newStages,
        bounded,
        ends,
        splits,
        starts);
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

  /**
   * Checks that the program at hand is the one that was deployed.
   *
   * @throws IncompatibleJobException with every difference, if it is not
   */
  public void checkCompatible(String job, Map<String, Stage> program) {
    List<String> differences = new ArrayList<>();
    stages.forEach(
        (name, deployed) -> {
          Stage own = program.get(name);
          if (own == null) {
            differences.add("stage '" + name + "' is gone");
            return;
          }
          if (own.tasks() != deployed.tasks()) {
            differences.add(
                "stage '"
                    + name
                    + "' had "
                    + deployed.tasks()
                    + " tasks and now has "
                    + own.tasks());
          }
          if (!own.stores().equals(deployed.stores())) {
            differences.add(
                "the stores of stage '"
                    + name
                    + "' were "
                    + deployed.stores()
                    + " and now are "
                    + own.stores());
          }
          if (!own.topics().keySet().equals(deployed.topics().keySet())) {
            differences.add(
                "stage '"
                    + name
                    + "' read "
                    + deployed.topics().keySet()
                    + " and now reads "
                    + own.topics().keySet());
          } else if (own.topics().containsValue("")) {
            differences.add(
                "an input of stage '" + name + "' was deleted: " + missing(own.topics()));
          } else if (!own.topics().equals(deployed.topics())) {
            differences.add(
                "an input of stage '"
                    + name
                    + "' was deleted and created again: "
                    + own.topics().keySet());
          }
          if (own.changelog().isEmpty() && !deployed.changelog().isEmpty()) {
            differences.add("the changelog of stage '" + name + "' is gone");
          } else if (!own.changelog().equals(deployed.changelog())) {
            differences.add("the changelog of stage '" + name + "' was deleted and created again");
          }
        });
    program.keySet().stream()
        .filter(name -> !stages.containsKey(name))
        .forEach(name -> differences.add("stage '" + name + "' is new"));
    if (!differences.isEmpty()) {
      throw new IncompatibleJobException(
          "Cannot run job '"
              + job
              + "': it does not fit what is deployed under that name ("
              + String.join("; ", differences)
              + "). Give the new version another name, or start it over with reset");
    }
  }

  private static List<String> missing(Map<String, String> topics) {
    return topics.entrySet().stream()
        .filter(topic -> topic.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }
}
