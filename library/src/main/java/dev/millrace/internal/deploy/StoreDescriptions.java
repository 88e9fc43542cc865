package dev.millrace.internal.deploy;

import dev.millrace.internal.plan.StageKeyedProcess;

/**
 * The descriptions of stores in the manifest: what rows depend on beside the types of their values,
 * so that they could not be read if it changed.
 */
final class StoreDescriptions {

  /** What the descriptions of all stores of a function began with before each had its own. */
  private static final String WHOLE_FUNCTION = "process";

  private StoreDescriptions() {}

  /** {@return whether a store is a state that a function declares} */
  static boolean isState(String description) {
    return description.startsWith(StageKeyedProcess.STATE) || isWholeFunction(description);
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
    return kind.startsWith(StageKeyedProcess.STATE)
        ? function.contains(" " + kind.substring(StageKeyedProcess.STATE.length()) + ",")
        : function.contains("sorted by event time") == kind.startsWith("sorted");
  }
}
