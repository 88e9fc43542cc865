/** Tables and their changes: inserts, updates and deletes. */
@NullMarked
package dev.millrace.table;

import org.jspecify.annotations.NullMarked;
