/**
 * State of keyed process functions: one value, list or map per key, kept with the task's other rows
 * in its store and changelog, and so exactly once like them.
 */
@NullMarked
package dev.millrace.state;

import org.jspecify.annotations.NullMarked;
