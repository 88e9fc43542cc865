/**
 * The way of entries into a shuffle: keyed, combined into partial aggregates where that is
 * possible, put into frames, and sent.
 *
 * <p>Start with {@link dev.millrace.internal.shuffle.ShuffleWriter}. What its frames look like is
 * in {@code internal.frame}.
 */
@NullMarked
package dev.millrace.internal.shuffle;

import org.jspecify.annotations.NullMarked;
