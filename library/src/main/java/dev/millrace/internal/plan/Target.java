package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.KeyFunction;

/** The place that an operator's results, or the records of a stage's input, go to. */
public sealed interface Target {

  /**
   * Another step of the same stage.
   *
   * @param index its place in {@link StagePlan#steps()}
   * @param input which of the step's inputs; 0 for a step that has only one
   */
  record ToStep(int index, int input) implements Target {}

  /**
   * A keyed step of the same stage, whose records lie in the task of their key already.
   *
   * @param step the step and which of its inputs
   * @param key takes the key from a record
   * @param errors the policy for records whose key function fails
   */
  record ToKeyedStep(ToStep step, KeyFunction<?, ?> key, ErrorPolicy errors) implements Target {}

  /** A shuffle the stage writes. */
  record ToShuffle(int index) implements Target {}
}
