/** Joins of streams by key within bounds of time. */
@NullMarked
package dev.millrace.internal.operator.join;

import org.jspecify.annotations.NullMarked;
