package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The homes of keyed operators: the stage that each of them runs in, and which of their inputs come
 * from within it.
 *
 * <p>Usually that is the stage of the operator's {@code keyBy} and time domain; an operator of
 * several inputs has a stage to itself, so that time and state of what else reads one of them do
 * not depend on the others. But results of a keyed operator lie where their keys are, and stay
 * there in steps that keep the value. A {@code keyBy} by that same key needs no shuffle then: its
 * operator runs in the stage of the first one, and other inputs of it are shuffled to there.
 *
 * <p>It does need one if the records come from several stages, if it asks for another number of
 * tasks, if it goes by processing time, which is stamped in front of a shuffle, if the operator
 * does not go by the time of that input, as it would in its stage, or if another input comes from a
 * stage that reads the first one's: stages must not form a cycle.
 */
final class KeyedHomes {

  /** The key by which the values of a node lie in the tasks of its stage. */
  private record Partitioning(KeyFunction<?, ?> key, Type keyType) {

    /** {@return how the results of an operation lie, if this is how its values do} */
    Optional<Partitioning> after(Operation operation) {
      return operation.keyOfResults(key).map(next -> new Partitioning(next, keyType));
    }
  }

  /**
   * A stage of keyed operators, with those that it is there for; others may join them.
   *
   * @param id distinguishes it from all others
   * @param keyBy the (first) node whose records are shuffled to it
   * @param founders the operators that it is named after
   * @param tasks the number of tasks that is asked for
   */
  record Home(String id, LogicalNode keyBy, List<LogicalNode> founders, OptionalInt tasks) {}

  private final LogicalPlan plan;
  private final EventTimes times;
  private final Map<String, Home> homes = new HashMap<>();
  private final Map<Integer, String> homeOf = new HashMap<>();

  /** Operators that get records from within their stage, and the {@code keyBy}s these come by. */
  private final Map<Integer, Set<Integer>> local = new HashMap<>();

  private final List<Set<String>> places = new ArrayList<>();
  private final List<Optional<Partitioning>> partitionings = new ArrayList<>();

  /** Which stages each stage writes to, as far as is known. */
  private final Map<String, Set<String>> readers = new HashMap<>();

  KeyedHomes(LogicalPlan plan, EventTimes times) {
    this.plan = plan;
    this.times = times;
    for (LogicalNode node : plan.nodes()) {
      place(node);
    }
  }

  /** {@return the stage of a keyed operator} */
  Home of(LogicalNode keyed) {
    return Objects.requireNonNull(homes.get(homeOf.get(keyed.id())));
  }

  /** {@return whether the records of a keyBy come to one of its operators without a shuffle} */
  boolean isLocal(LogicalNode keyed, LogicalNode keyBy) {
    return local.getOrDefault(keyed.id(), Set.of()).contains(keyBy.id());
  }

  /**
   * {@return whether a step needs a stage of its own: it asks for a number of tasks, and does not
   * follow a rebalance, or only steps with the same number}
   */
  boolean isSpread(LogicalNode node) {
    return node.operation() instanceof Operation.Rebalance
        || (node.parallelism().isPresent()
            && !node.inputs().stream()
                .map(plan.nodes()::get)
                .allMatch(
                    input ->
                        input.operation() instanceof Operation.Rebalance
                            || input.parallelism().equals(node.parallelism())));
  }

  private void place(LogicalNode node) {
    Operation operation = node.operation();
    if (operation instanceof Operation.OfSource) {
      add(Set.of(node.id() + "/source"), Optional.empty());
    } else if (operation instanceof KeyedOperation keyed) {
      String home = homeOf(node);
      homeOf.put(node.id(), home);
      add(Set.of(home), resultsOf(node, keyed));
    } else if (!(operation instanceof Operation.KeyBy) && isSpread(node)) {
      String home = node.id() + "/spread";
      node.inputs().forEach(input -> connect(places.get(input), home));
      add(Set.of(home), Optional.empty());
    } else {
      Set<String> all = new HashSet<>();
      node.inputs().forEach(input -> all.addAll(places.get(input)));
      add(all, common(node.inputs()).flatMap(inputs -> inputs.after(operation)));
    }
  }

  private void add(Set<String> where, Optional<Partitioning> partitioning) {
    places.add(where);
    partitionings.add(partitioning);
  }

  private Optional<Partitioning> common(List<Integer> inputs) {
    List<Optional<Partitioning>> all = inputs.stream().map(partitionings::get).distinct().toList();
    return all.size() == 1 ? all.get(0) : Optional.empty();
  }

  /** How the results of a keyed operator lie, as far as their key can be taken from them. */
  private Optional<Partitioning> resultsOf(LogicalNode node, KeyedOperation keyed) {
    Type keyType = ((Operation.KeyBy) keyBys(node).get(0).operation()).keyType();
    return keyed.keyOfResults().map(key -> new Partitioning(key, keyType));
  }

  private List<LogicalNode> keyBys(LogicalNode keyed) {
    return keyed.inputs().stream().map(plan.nodes()::get).toList();
  }

  /** Decides on an operator's home, whose id is returned. */
  private String homeOf(LogicalNode keyed) {
    List<LogicalNode> keyBys = keyBys(keyed);
    List<String> candidates =
        IntStream.range(0, keyBys.size())
            .mapToObj(
                input ->
                    keyed.operation().goesByTimeOf(input) ? present(keyed, keyBys.get(input)) : "")
            .toList();
    String home =
        candidates.stream()
            .filter(candidate -> !candidate.isEmpty() && mayGetOthers(candidate, keyed, candidates))
            .findFirst()
            .orElseGet(() -> ownHome(keyed));
    for (int i = 0; i < keyBys.size(); i++) {
      LogicalNode keyBy = keyBys.get(i);
      if (candidates.get(i).equals(home)) {
        local.computeIfAbsent(keyed.id(), id -> new HashSet<>()).add(keyBy.id());
      } else {
        connect(places.get(keyBy.id()), home);
      }
    }
    return home;
  }

  /** The stage in which all records of a keyBy lie by its key already; empty if there is none. */
  private String present(LogicalNode keyed, LogicalNode keyBy) {
    int input = keyBy.inputs().get(0);
    Operation.KeyBy operation = (Operation.KeyBy) keyBy.operation();
    Partitioning wanted = new Partitioning(operation.key(), operation.keyType());
    if (times.domain(keyed) != TimeDomain.EVENT
        || places.get(input).size() != 1
        || !partitionings.get(input).equals(Optional.of(wanted))) {
      return "";
    }
    Home home = homes.get(places.get(input).iterator().next());
    return home != null
            && times.domain(home.founders().get(0)) == TimeDomain.EVENT
            && (keyBy.parallelism().isEmpty() || keyBy.parallelism().equals(home.tasks()))
        ? home.id()
        : "";
  }

  /** Whether an operator's other inputs can be shuffled to a stage: none may depend on it. */
  private boolean mayGetOthers(String home, LogicalNode keyed, List<String> candidates) {
    for (int i = 0; i < candidates.size(); i++) {
      if (!candidates.get(i).equals(home)
          && places.get(keyed.inputs().get(i)).stream()
              .anyMatch(place -> place.equals(home) || reaches(home, place))) {
        return false;
      }
    }
    return true;
  }

  private boolean reaches(String from, String to) {
    return readers.getOrDefault(from, Set.of()).stream()
        .anyMatch(reader -> reader.equals(to) || reaches(reader, to));
  }

  private void connect(Set<String> from, String to) {
    from.forEach(each -> readers.computeIfAbsent(each, id -> new HashSet<>()).add(to));
  }

  private String ownHome(LogicalNode keyed) {
    LogicalNode keyBy = keyBys(keyed).get(0);
    String id =
        keyed.inputs().size() > 1 ? keyed.id() + "/inputs" : keyBy.id() + "/" + times.domain(keyed);
    Home known = homes.get(id);
    List<LogicalNode> founders = new ArrayList<>(known == null ? List.of() : known.founders());
    founders.add(keyed);
    homes.put(id, new Home(id, keyBy, List.copyOf(founders), tasks(keyed)));
    return id;
  }

  /** The number of tasks that any of an operator's inputs asks for. */
  private OptionalInt tasks(LogicalNode keyed) {
    List<Integer> wanted =
        keyBys(keyed).stream()
            .flatMapToInt(keyBy -> keyBy.parallelism().stream())
            .distinct()
            .boxed()
            .toList();
    if (wanted.size() > 1) {
      throw new ConfigurationException(
          "Cannot compile '"
              + keyed.label()
              + "' of job '"
              + plan.job()
              + "': its inputs ask for different numbers of tasks ("
              + wanted.stream().map(String::valueOf).collect(Collectors.joining(", "))
              + "), and equal keys have to meet in one. Set the same .parallelism(...)");
    }
    return wanted.isEmpty() ? OptionalInt.empty() : OptionalInt.of(wanted.get(0));
  }
}
