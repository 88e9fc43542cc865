package dev.millrace.internal.runtime;

import dev.millrace.internal.operator.Caution;
import java.util.HashMap;
import java.util.Map;

/**
 * The cautions of a worker's aggregates, by their steps. They outlive the tasks, which an abort
 * makes anew.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Cautions {

  private final Map<String, Caution> bySteps = new HashMap<>();

  /** {@return the caution of a step, or of the sending half of one} */
  Caution of(String step) {
    return bySteps.computeIfAbsent(step, name -> new Caution());
  }

  /** A transaction committed. */
  void committed() {
    bySteps.values().forEach(Caution::committed);
  }
}
