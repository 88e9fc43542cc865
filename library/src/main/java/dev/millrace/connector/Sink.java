package dev.millrace.connector;

/**
 * The destination of results: a Kafka topic, or anything with a writer.
 *
 * <p><b>Threads.</b> A specification: immutable, shared by all workers.
 *
 * @param <T> the results
 * @see WriterSink for your own
 */
public sealed interface Sink<T> permits KafkaSink, WriterSink {}
