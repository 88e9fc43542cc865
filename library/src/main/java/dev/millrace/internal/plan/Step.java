package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import java.util.List;

/**
 * One operator of a stage.
 *
 * @param name its name, unique in the stage
 * @param operator what it does
 * @param targets where its results go; for a branch, one list entry per case in {@link
 *     StageOperator.Branch}
 * @param errors what becomes of records it fails on
 */
public record Step(String name, StageOperator operator, List<Target> targets, ErrorPolicy errors) {

  /** Copies the list. */
  public Step {
    targets = List.copyOf(targets);
  }
}
