/**
 * The way of fetched records to the operators of a task: read ahead, decoded, merged by time, and
 * counted in positions.
 *
 * <p>Start with {@link dev.millrace.internal.input.InputChoice}, which decides from which input the
 * next record is, and {@link dev.millrace.internal.input.FrameEntry}, what operators see of it.
 */
@NullMarked
package dev.millrace.internal.input;

import org.jspecify.annotations.NullMarked;
