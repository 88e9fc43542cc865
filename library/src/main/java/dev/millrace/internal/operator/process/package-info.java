/**
 * The calls of the user's process functions over the entries of a keyed shuffle, with their timers.
 */
@NullMarked
package dev.millrace.internal.operator.process;

import org.jspecify.annotations.NullMarked;
