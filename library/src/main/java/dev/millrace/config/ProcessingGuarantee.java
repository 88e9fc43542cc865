package dev.millrace.config;

/** The promise of a job about its state and its Kafka output when something dies. */
public enum ProcessingGuarantee {
  /** Each input record affects state and output once. */
  EXACTLY_ONCE,
  /** Nothing is lost; output may repeat, and keyed state may count twice after a crash. */
  AT_LEAST_ONCE
}
