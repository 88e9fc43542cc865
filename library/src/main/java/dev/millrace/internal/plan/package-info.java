/**
 * The plans of a job, as immutable records: the logical plan that the builder writes down, and the
 * physical plan that the compiler makes of it and the runtime carries out.
 */
@NullMarked
package dev.millrace.internal.plan;

import org.jspecify.annotations.NullMarked;
