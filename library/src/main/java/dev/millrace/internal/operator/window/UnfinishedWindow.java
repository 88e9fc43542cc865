package dev.millrace.internal.operator.window;

import dev.millrace.window.Window;
import org.jspecify.annotations.Nullable;

/**
 * A window whose result cannot be made, in a dead letter.
 *
 * @param accumulator what there is instead of a result; null if its slices could not be merged
 */
record UnfinishedWindow(Object key, Window window, @Nullable Object accumulator) {}
