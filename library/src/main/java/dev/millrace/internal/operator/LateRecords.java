package dev.millrace.internal.operator;

/** Counts records that came when all their windows had closed. */
@FunctionalInterface
public interface LateRecords {

  /** Counts one more. */
  void count();
}
