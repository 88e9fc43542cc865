package dev.millrace.internal.table;

/**
 * A row of a table with its key, where it is grouped by something else. What travels to the groups
 * is the row without its key.
 *
 * <p><b>Threads.</b> Immutable, as far as key and row are.
 */
public record TableRow(Object key, Object value) {}
