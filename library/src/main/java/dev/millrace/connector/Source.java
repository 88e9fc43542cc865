package dev.millrace.connector;

/**
 * The origin of a job's records: a Kafka topic, or anything that can be cut into splits.
 *
 * <p><b>Threads.</b> A specification: immutable, shared by all workers.
 *
 * @param <T> the records
 * @see SplitSource for your own
 */
public sealed interface Source<T> permits KafkaSource, FileSource, GeneratorSource, SplitSource {}
