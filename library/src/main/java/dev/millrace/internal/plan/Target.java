package dev.millrace.internal.plan;

/** The place that an operator's results, or the records of a stage's input, go to. */
public sealed interface Target {

  /**
   * Another step of the same stage.
   *
   * @param index its place in {@link StagePlan#steps()}
   * @param input which of the step's inputs; 0 for a step that has only one
   */
  record ToStep(int index, int input) implements Target {}

  /** A shuffle the stage writes. */
  record ToShuffle(int index) implements Target {}
}
