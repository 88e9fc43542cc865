/**
 * Times in row keys, and the one index of rows by time: what it has is due when the watermark or
 * the clock is there.
 *
 * <pre>
 *   row key of an index:  part (1 byte, if several share a store)   time (8)   key of the entry
 *   time:                 big-endian, its sign bit flipped, so that bytes sort as times do
 * </pre>
 *
 * <p>Windows that do not overlap, wake-ups of sessions and triggers, timers of process functions,
 * records that wait to be sorted, and the expiry of state are all kept in this way. What is looked
 * up by key and time, such as the buffer of a join, has rows that begin with the key, with the time
 * after it in the same encoding; its index has one entry per key, at the time of the key's first
 * row that may become due.
 */
@NullMarked
package dev.millrace.internal.timer;

import org.jspecify.annotations.NullMarked;
