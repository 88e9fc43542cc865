/**
 * Questions about state: from a key or a stretch of time to the rows that have to be read, which
 * the task's worker does, and from rows to values, which is done by the thread that asks.
 */
@NullMarked
package dev.millrace.internal.query;

import org.jspecify.annotations.NullMarked;
