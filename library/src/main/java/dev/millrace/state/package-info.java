/**
 * State of keyed process functions: one value, list or map per key, kept with the task's other rows
 * in its store and changelog, hence exactly once like them.
 */
@NullMarked
package dev.millrace.state;

import org.jspecify.annotations.NullMarked;
