package dev.millrace.internal.broadcast;

import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * The end up to which a table is read before it is looked up, and whether it is read on after that.
 */
public sealed interface TableEnd {

  /** {@return whether the table stays as it is there} */
  boolean isFinal();

  /** The end of the topic at the start of the instance, which reads on as the topic grows. */
  record AtStart() implements TableEnd {
    @Override
    public boolean isFinal() {
      return false;
    }
  }

  /**
   * The end of a topic that was agreed on for a bounded run.
   *
   * @param offsets by partition
   */
  record Agreed(Map<Integer, Long> offsets) implements TableEnd {

    /** Copies the map. */
    public Agreed {
      offsets = Map.copyOf(offsets);
    }

    @Override
    public boolean isFinal() {
      return true;
    }
  }

  /**
   * The end of what a stage writes in a bounded run.
   *
   * @param isFinished whether the stage has come to it
   */
  record OfStage(BooleanSupplier isFinished) implements TableEnd {
    @Override
    public boolean isFinal() {
      return true;
    }
  }
}
