/** Rows of tables and their changes, as they are passed on inside a stage. */
@NullMarked
package dev.millrace.internal.table;

import org.jspecify.annotations.NullMarked;
