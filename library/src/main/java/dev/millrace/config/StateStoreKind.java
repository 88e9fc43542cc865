package dev.millrace.config;

/** The place where the state of a task lives between its changes and the changelog. */
public enum StateStoreKind {
  /** On local disk. */
  ROCKSDB,
  /** On the heap; every start restores from the changelog. */
  MEMORY,
  /** On local disk where the native library loads, on the heap (with a warning) elsewhere. */
  AUTO
}
