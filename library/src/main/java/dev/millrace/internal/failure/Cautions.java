package dev.millrace.internal.failure;

import dev.millrace.internal.operator.Caution;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The cautions of a worker's aggregates, by their steps. They outlive the tasks, which an abort
 * makes anew.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
public final class Cautions {

  private final Supplier<Caution> creation;
  private final Map<String, Caution> bySteps = new HashMap<>();

  /** Creates the cautions of a worker, each of them made by the supplier when first asked for. */
  public Cautions(Supplier<Caution> creation) {
    this.creation = creation;
  }

  /** {@return the caution of a step, or of the sending half of one} */
  public Caution of(String step) {
    return bySteps.computeIfAbsent(step, name -> creation.get());
  }

  /** Notes that a transaction committed. */
  public void committed() {
    bySteps.values().forEach(Caution::committed);
  }
}
