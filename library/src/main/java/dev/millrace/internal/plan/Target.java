package dev.millrace.internal.plan;

/** Where an operator's results go. */
public sealed interface Target {

  /** Another step of the same stage. */
  record ToStep(int index) implements Target {}

  /** A shuffle the stage writes. */
  record ToShuffle(int index) implements Target {}
}
