package dev.millrace.internal.broadcast;

/**
 * The origin of a row of a table, or of its deletion: the record of the topic that was read.
 *
 * @param partition its partition
 * @param timestampMs its timestamp, milliseconds since the epoch
 */
record RecordOrigin(int partition, long timestampMs) {}
