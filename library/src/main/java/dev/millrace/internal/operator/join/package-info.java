/** Joins by key: of streams with each other within bounds of time, and with tables. */
@NullMarked
package dev.millrace.internal.operator.join;

import org.jspecify.annotations.NullMarked;
