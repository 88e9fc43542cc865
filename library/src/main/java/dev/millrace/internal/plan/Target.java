package dev.millrace.internal.plan;

/** The place that an operator's results go to. */
public sealed interface Target {

  /** Another step of the same stage. */
  record ToStep(int index) implements Target {}

  /** A shuffle the stage writes. */
  record ToShuffle(int index) implements Target {}
}
