package dev.millrace.internal.plan;

/**
 * The row of a record that waits for records to be joined with, on a side of a join that keeps
 * records without a match.
 *
 * @param matched whether it has met one
 * @param value the record
 */
public record JoinRow<V>(boolean matched, V value) {}
