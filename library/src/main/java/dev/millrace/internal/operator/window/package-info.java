/** Aggregates over windows, one operator each. */
@NullMarked
package dev.millrace.internal.operator.window;

import org.jspecify.annotations.NullMarked;
