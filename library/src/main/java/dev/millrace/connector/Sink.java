package dev.millrace.connector;

/**
 * Where results go: a Kafka topic, or anything with a writer.
 *
 * <p><b>Threads.</b> A specification: immutable, shared by all workers.
 *
 * @see WriterSink for your own
 */
public sealed interface Sink<T> permits KafkaSink, WriterSink {

  /** {@return a short name that stays the same, {@code [a-z0-9-]}} */
  String name();
}
