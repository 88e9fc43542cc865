package dev.millrace.internal.launch;

import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.StoreSpec;
import java.lang.reflect.Type;

/**
 * The descriptions of stores in the manifest: what rows depend on beside the types of their values,
 * so that they could not be read if it changed.
 */
final class StoreDescriptions {

  /** What the descriptions of a function's own state begin with: it may come and go. */
  private static final String STATE = "state ";

  /** What the descriptions of all stores of a function began with before each had its own. */
  private static final String WHOLE_FUNCTION = "process";

  private StoreDescriptions() {}

  /** {@return the description of a store} */
  static String of(Step step, StoreSpec store) {
    if (step.operator() instanceof StageOperator.Aggregate aggregate) {
      return "aggregate"
          + by(aggregate.keyType())
          + (aggregate.fold().takesRetractions() ? ", counting records" : "");
    }
    if (step.operator() instanceof StageOperator.WindowAggregate window) {
      return window.describeState();
    }
    if (step.operator() instanceof StageOperator.KeyedProcess process) {
      String own = process.sorted().isPresent() ? "sorted by event time" : "as it arrives";
      return process.describeState(store).map(state -> STATE + state).orElse(own)
          + by(process.keyType());
    }
    return step.operator().describe();
  }

  private static String by(Type keyType) {
    return " by " + keyType.getTypeName();
  }

  /** {@return whether a store is a state that a function declares} */
  static boolean isState(String description) {
    return description.startsWith(STATE) || isWholeFunction(description);
  }

  private static boolean isWholeFunction(String description) {
    return description.startsWith(WHOLE_FUNCTION + " ");
  }

  /** {@return whether rows of the one description can be read as rows of the other} */
  static boolean fits(String deployed, String program) {
    if (deployed.equals(program)) {
      return true;
    }
    if (!isWholeFunction(deployed)) {
      return false;
    }
    int end = program.lastIndexOf(" by ");
    String key = program.substring(end);
    String kind = program.substring(0, end);
    if (!deployed.endsWith(key)) {
      return false;
    }
    String function = deployed.substring(0, deployed.length() - key.length()) + ",";
    return kind.startsWith(STATE)
        ? function.contains(" " + kind.substring(STATE.length()) + ",")
        : function.contains("sorted by event time") == kind.startsWith("sorted");
  }
}
