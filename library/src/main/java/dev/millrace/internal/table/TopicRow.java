package dev.millrace.internal.table;

import org.jspecify.annotations.Nullable;

/**
 * A record of the topic of a table: what becomes of one row.
 *
 * <p><b>Threads.</b> As immutable as key and value are.
 *
 * @param key the row's key
 * @param value the row from now on; null if it is deleted
 */
public record TopicRow(Object key, @Nullable Object value) {}
