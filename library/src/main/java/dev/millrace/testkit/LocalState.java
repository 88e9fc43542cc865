package dev.millrace.testkit;

/** The fate of the state on an instance's disk when it is killed. */
public enum LocalState {
  /** It is there when the instance comes back, as of some commit before the end. */
  KEPT,
  /** It is gone, as with a new machine: everything comes from the changelog topics. */
  LOST
}
