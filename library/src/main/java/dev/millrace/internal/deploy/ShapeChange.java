package dev.millrace.internal.deploy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.IncompatibleJobException;
import dev.millrace.internal.meta.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The difference between the stages and stores that are deployed and those of the program at hand.
 *
 * <p>What is new is added to the job as it is. What is gone is deleted, with what it has kept, and
 * for that it has to be named. What would be read wrongly is a misfit.
 *
 * @param newStages the stages that are not deployed
 * @param newStores what deployed stages have not kept: stores, sinks that publish later, and tables
 *     that every instance has whole; as {@code stage/store}
 * @param newChangelogs the deployed stages that have had no changelog and need one
 * @param goneStages the deployed stages that the program does not have
 * @param goneStores the stores, such sinks and tables of deployed stages that the program does not
 *     have, as {@code stage/step} or {@code stage/step.state}
 * @param misfits what does not fit, each with its reason
 */
record ShapeChange(
    SortedSet<String> newStages,
    SortedSet<String> newStores,
    SortedSet<String> newChangelogs,
    SortedSet<String> goneStages,
    SortedSet<String> goneStores,
    List<String> misfits) {

  /** Nothing is changed. */
  static final ShapeChange NONE = between(Map.of(), Map.of(), Set.of());

  private static final String STORE_OF_A_STAGE = "/";

  /**
   * {@return the difference}
   *
   * @param deployed the stages as deployed
   * @param program those of the program, with the ids of the topics that exist
   * @param keepers the stages of the program that keep changelogs
   */
  static ShapeChange between(
      Map<String, Manifest.Stage> deployed,
      Map<String, Manifest.Stage> program,
      Set<String> keepers) {
    ShapeChange change =
        new ShapeChange(
            new TreeSet<>(program.keySet()),
            new TreeSet<>(),
            new TreeSet<>(),
            new TreeSet<>(deployed.keySet()),
            new TreeSet<>(),
            new ArrayList<>());
    change.newStages.removeAll(deployed.keySet());
    change.goneStages.removeAll(program.keySet());
    deployed.forEach(
        (name, known) -> {
          Manifest.Stage own = program.get(name);
          if (own != null) {
            change.compareTopics(name, known, own, keepers.contains(name));
            change.compareStores(name, known.stores(), own.stores());
            change.compareSinks(name, known.sinks(), own.sinks());
            change.compareBroadcasts(name, known.broadcasts(), own.broadcasts());
          }
        });
    return change;
  }

  private void compareTopics(
      String name, Manifest.Stage known, Manifest.Stage own, boolean keepsChangelog) {
    String stage = "stage '" + name + "'";
    if (own.tasks() != known.tasks()) {
      misfits.add(stage + " had " + known.tasks() + " tasks and now has " + own.tasks());
    }
    if (!own.topics().keySet().equals(known.topics().keySet())) {
      misfits.add(
          stage + " read " + known.topics().keySet() + " and now reads " + own.topics().keySet());
    } else if (own.topics().containsValue("")) {
      misfits.add("an input of " + stage + " was deleted: " + missing(own.topics()));
    } else if (!own.topics().equals(known.topics())) {
      misfits.add(
          "an input of " + stage + " was deleted and created again: " + own.topics().keySet());
    } else if (!own.kinds().equals(known.kinds())) {
      // A table needs the records before the committed offset, and a stream would keep its rows.
      misfits.add(stage + " read " + known.kinds() + " and now reads " + own.kinds());
    }
    if (known.changelog().isEmpty()) {
      if (keepsChangelog) {
        newChangelogs.add(name);
      }
    } else if (own.changelog().isEmpty()) {
      misfits.add("the changelog of " + stage + " is gone");
    } else if (!own.changelog().equals(known.changelog())) {
      misfits.add("the changelog of " + stage + " was deleted and created again");
    }
  }

  private static List<String> missing(Map<String, String> topics) {
    return topics.entrySet().stream()
        .filter(topic -> topic.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private void compareStores(String stage, Map<String, String> known, Map<String, String> own) {
    Set<String> knownSteps = steps(known.keySet());
    Set<String> ownSteps = steps(own.keySet());
    SortedMap<String, String> changed = new TreeMap<>();
    Stream.concat(known.keySet().stream(), own.keySet().stream())
        .distinct()
        .sorted()
        .forEach(
            store -> {
              String before = known.get(store);
              String now = own.get(store);
              boolean isOfBoth = knownSteps.contains(step(store)) && ownSteps.contains(step(store));
              if (before != null && now != null) {
                if (!StoreDescriptions.fits(before, now)) {
                  changed.put(step(store), "was '" + before + "' and now is '" + now + "'");
                }
              } else if (isOfBoth
                  && !StoreDescriptions.isState(before == null ? String.valueOf(now) : before)) {
                changed.putIfAbsent(
                    step(store),
                    "kept "
                        + storesOf(step(store), known.keySet())
                        + " and now keeps "
                        + storesOf(step(store), own.keySet()));
              } else if (before == null) {
                newStores.add(stage + STORE_OF_A_STAGE + store);
              } else {
                goneStores.add(stage + STORE_OF_A_STAGE + (isOfBoth ? state(store) : step(store)));
              }
            });
    changed.forEach(
        (step, how) -> misfits.add("step '" + step + "' of stage '" + stage + "' " + how));
  }

  private void compareSinks(String stage, Set<String> known, Set<String> own) {
    known.stream()
        .filter(sink -> !own.contains(sink))
        .forEach(sink -> goneStores.add(stage + STORE_OF_A_STAGE + sink));
    own.stream()
        .filter(sink -> !known.contains(sink))
        .forEach(sink -> newStores.add(stage + STORE_OF_A_STAGE + sink));
  }

  private void compareBroadcasts(String stage, Map<String, String> known, Map<String, String> own) {
    compareSinks(stage, broadcasts(known.keySet()), broadcasts(own.keySet()));
    known.forEach(
        (table, id) -> {
          String now = own.get(table);
          if (now != null && !now.equals(id)) {
            misfits.add(
                "the topic of broadcast table '"
                    + table
                    + "' of stage '"
                    + stage
                    + (now.isEmpty() ? "' is gone" : "' was deleted and created again"));
          }
        });
  }

  private static Set<String> broadcasts(Set<String> tables) {
    return tables.stream().map(ShapeChange::broadcast).collect(Collectors.toSet());
  }

  /** {@return what the broadcast of a table is called among the stores, where the table is too} */
  static String broadcast(String table) {
    return table + "-broadcast";
  }

  private static Set<String> steps(Set<String> stores) {
    return stores.stream().map(ShapeChange::step).collect(Collectors.toSet());
  }

  private static List<String> storesOf(String step, Set<String> stores) {
    return stores.stream().filter(store -> step(store).equals(step)).sorted().toList();
  }

  /** {@return the step that a store belongs to: its name comes before the first dot} */
  private static String step(String store) {
    int dot = store.indexOf('.');
    return dot < 0 ? store : store.substring(0, dot);
  }

  /** {@return the name of the state that a store belongs to, with that of its step} */
  private static String state(String store) {
    int inner = store.indexOf('@');
    return inner < 0 ? store : store.substring(0, inner);
  }

  /** {@return whether there is anything to add or to delete} */
  boolean isAny() {
    return !newStages.isEmpty()
        || !newStores.isEmpty()
        || !newChangelogs.isEmpty()
        || !goneStages.isEmpty()
        || !goneStores.isEmpty();
  }

  /**
   * Checks that the job can be changed so.
   *
   * @param drops what may be deleted: stages, and {@code stage/step} or {@code stage/step.state} of
   *     stages that stay
   * @param program the stages of the program
   * @throws IncompatibleJobException with every difference, if it cannot
   * @throws ConfigurationException if something is to be dropped that the program has
   */
  void check(String job, Set<String> drops, Map<String, Manifest.Stage> program) {
    if (!misfits.isEmpty()) {
      throw new IncompatibleJobException(
          "Cannot run job '"
              + job
              + "': it does not fit what is deployed under that name ("
              + String.join("; ", misfits)
              + "). Take that back; or give what has changed another name with .name(...), so that"
              + " it begins anew and the former is dropped; or give the new version another job"
              + " name; or start it over with reset");
    }
    for (String drop : new TreeSet<>(drops)) {
      if (isIn(drop, program)) {
        throw new ConfigurationException(
            "Cannot drop '"
                + drop
                + "' of job '"
                + job
                + "': the program has it. Leave --drop "
                + drop
                + " out, or take it out of the program");
      }
    }
    SortedSet<String> gone = new TreeSet<>(goneStages);
    gone.addAll(goneStores);
    gone.removeAll(drops);
    if (!gone.isEmpty()) {
      throw new IncompatibleJobException(
          "Cannot run job '"
              + job
              + "': the program does not have what is deployed under that name any more ("
              + gone.stream().map(this::described).collect(Collectors.joining("; "))
              + "). If it has another name now"
              + (newStages.isEmpty() ? "" : " (new: " + String.join(", ", newStages) + ")")
              + ", give it the former one with .name(...). To delete it with all that it has kept,"
              + " stop all copies and run once with "
              + gone.stream().map(name -> "--drop " + name).collect(Collectors.joining(" ")));
    }
  }

  private static boolean isIn(String drop, Map<String, Manifest.Stage> program) {
    int slash = drop.indexOf(STORE_OF_A_STAGE);
    if (slash < 0) {
      return program.containsKey(drop);
    }
    Manifest.Stage stage = program.get(drop.substring(0, slash));
    String name = drop.substring(slash + 1);
    return stage != null
        && (stage.sinks().contains(name)
            || broadcasts(stage.broadcasts().keySet()).contains(name)
            || hasStore(stage, name));
  }

  private static boolean hasStore(Manifest.Stage stage, String name) {
    return stage.stores().keySet().stream()
        .anyMatch(store -> state(store).equals(name) || step(store).equals(name));
  }

  private String described(String gone) {
    int slash = gone.indexOf(STORE_OF_A_STAGE);
    return slash < 0
        ? "stage '" + gone + "'"
        : "the state of '"
            + gone.substring(slash + 1)
            + "' in stage '"
            + gone.substring(0, slash)
            + "'";
  }

  /** {@return what is added and deleted, for logs} */
  String summary() {
    List<String> parts = new ArrayList<>();
    add(parts, "new stages ", newStages);
    add(parts, "new state ", newStores);
    add(parts, "new changelogs of ", newChangelogs);
    add(parts, "dropped stages ", goneStages);
    add(parts, "dropped state ", goneStores);
    return String.join(", ", parts);
  }

  private static void add(List<String> parts, String what, SortedSet<String> names) {
    if (!names.isEmpty()) {
      parts.add(what + names);
    }
  }
}
