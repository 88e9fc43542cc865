package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One operator of a stage.
 *
 * @param name its name, unique in the stage
 * @param operator what it does
 * @param targets where its results go; for a branch, one list entry per case in {@link
 *     StageOperator.Branch}
 * @param sideTargets where its side outputs go, by the name of their tag
 * @param errors what becomes of records it fails on
 */
public record Step(
    String name,
    StageOperator operator,
    List<Target> targets,
    Map<String, List<Target>> sideTargets,
    ErrorPolicy errors) {

  /** Copies the collections. */
  public Step {
    targets = List.copyOf(targets);
    sideTargets = Map.copyOf(sideTargets);
  }

  /** Calls an action with each place that results of this step go to. */
  public void forEachTarget(Consumer<Target> action) {
    targets.forEach(action);
    sideTargets.values().forEach(sides -> sides.forEach(action));
    if (operator instanceof StageOperator.Branch branch) {
      branch.targetsPerCase().forEach(ofCase -> ofCase.forEach(action));
    }
  }

  /** {@return the name under which one of its stores is known in the stage} */
  public String storeName(StoreSpec store) {
    return store.suffix().isEmpty() ? name : name + "." + store.suffix();
  }
}
