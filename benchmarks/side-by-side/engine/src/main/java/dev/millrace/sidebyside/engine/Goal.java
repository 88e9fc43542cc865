package dev.millrace.sidebyside.engine;

/** The goal that an engine is measured for, and tuned for. */
public enum Goal {
  /** As many records as possible, of which all are there from the start. */
  THROUGHPUT,

  /** Results as soon as possible, with records that come at a steady rate. */
  LATENCY,

  /** Results again as soon as possible after {@code kill -9}, with records at a steady rate. */
  RECOVERY
}
