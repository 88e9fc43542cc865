package dev.millrace.internal.broadcast;

/**
 * The place of a record in the topic of a table.
 *
 * @param partition its partition
 * @param timestampMs its timestamp, milliseconds since the epoch
 */
record Place(int partition, long timestampMs) {}
