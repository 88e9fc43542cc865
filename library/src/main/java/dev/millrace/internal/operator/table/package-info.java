/** Steps on tables: what happens to a change of a row between the table and its readers. */
@NullMarked
package dev.millrace.internal.operator.table;

import org.jspecify.annotations.NullMarked;
