package dev.millrace.internal.launch;

import dev.millrace.error.IncompatibleJobException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What all instances of a job have agreed on: written once by the bootstrap into the job's meta
 * topic, read by everybody.
 *
 * @param format the version of this form
 * @param jobUuid minted at the first start; a job of the same name in another life has another
 * @param resetEpoch how often the job was reset
 * @param phase whether it may run
 * @param run minted anew by every bounded run and every reset; finish announcements carry it
 * @param stages the stages by name
 * @param bounded whether it runs up to fixed ends
 * @param ends for a bounded run, per source topic the end offset of each partition; else empty
 * @param splits per topic of splits the end offset of each partition
 */
record Manifest(
    int format,
    String jobUuid,
    int resetEpoch,
    Phase phase,
    String run,
    Map<String, Stage> stages,
    boolean bounded,
    Map<String, List<Long>> ends,
    Map<String, List<Long>> splits) {

  static final int FORMAT = 1;

  /** Whether the job may run. */
  enum Phase {
    /** Topics and first offsets are there. */
    READY,
    /** A reset has begun and has to be completed. */
    RESETTING
  }

  /**
   * A stage, as it was deployed.
   *
   * @param tasks the number of tasks
   * @param topics its input topics, with their ids
   * @param changelog the id of its changelog; empty if it has none
   * @param stores its stores, with a description of their codecs
   */
  record Stage(
      int tasks, Map<String, String> topics, String changelog, Map<String, String> stores) {
    Stage {
      topics = new TreeMap<>(topics);
      stores = new TreeMap<>(stores);
    }
  }

  Manifest {
    stages = new TreeMap<>(stages);
    ends = new TreeMap<>(ends);
    splits = new TreeMap<>(splits);
  }

  /** {@return the end of each partition of an input, by partition; empty for a shuffle} */
  Map<Integer, Long> endsOf(String topic) {
    List<Long> all = ends.getOrDefault(topic, splits.getOrDefault(topic, List.of()));
    Map<Integer, Long> byPartition = new TreeMap<>();
    for (int i = 0; i < all.size(); i++) {
      byPartition.put(i, all.get(i));
    }
    return byPartition;
  }

  /** {@return the same with ends, for a new bounded run} */
  Manifest bounded(String newRun, Map<String, List<Long>> newEnds) {
    return new Manifest(format, jobUuid, resetEpoch, phase, newRun, stages, true, newEnds, splits);
  }

  /** {@return the same in another phase} */
  Manifest in(Phase newPhase) {
    return new Manifest(format, jobUuid, resetEpoch, newPhase, run, stages, bounded, ends, splits);
  }

  /**
   * Checks that the program at hand is the one that was deployed.
   *
   * @throws IncompatibleJobException with every difference, if it is not
   */
  void checkCompatible(String job, Map<String, Stage> program) {
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
          } else if (!own.topics().equals(deployed.topics())) {
            differences.add(
                "an input of stage '"
                    + name
                    + "' was deleted and created again: "
                    + own.topics().keySet());
          }
          if (!own.changelog().equals(deployed.changelog())) {
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
}
