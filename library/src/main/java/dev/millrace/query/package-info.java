/**
 * Questions about the state of a running job, and their answers: rows of tables, windows, and
 * states of process functions.
 *
 * <p>Example: {@code running.query("counts", String.class, Long.class).get("kafka").value()}.
 */
@NullMarked
package dev.millrace.query;

import org.jspecify.annotations.NullMarked;
