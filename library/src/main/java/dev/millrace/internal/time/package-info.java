/**
 * Watermarks: how a source makes them, how a task combines those of its channels, and which are
 * worth sending on.
 *
 * <p>A watermark {@code w} promises that no more records with a time below {@code w} are expected.
 * Everything here is pure: time comes in as arguments, nothing reads a clock. All types but the
 * values are confined to the worker's thread and allocate nothing per record.
 */
@NullMarked
package dev.millrace.internal.time;

import org.jspecify.annotations.NullMarked;
