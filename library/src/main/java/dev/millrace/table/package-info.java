/** Tables and their changes: what a stream of inserts, updates and deletes is made of. */
@NullMarked
package dev.millrace.table;

import org.jspecify.annotations.NullMarked;
