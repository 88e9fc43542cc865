/**
 * The arithmetic of windows: which slice a time falls into, and which windows a slice belongs to.
 *
 * <p>A <em>slice</em> is a stretch of time that no window cuts through, so that one accumulator per
 * key and slice is enough for all windows that share it. Sender and receiver of a shuffle use the
 * same arithmetic, the one for partial aggregates, the other for state.
 */
@NullMarked
package dev.millrace.internal.window;

import org.jspecify.annotations.NullMarked;
