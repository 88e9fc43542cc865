/**
 * Tables that an instance has whole: their rows in memory, and the reading of the topics that they
 * come from.
 */
@NullMarked
package dev.millrace.internal.broadcast;

import org.jspecify.annotations.NullMarked;
