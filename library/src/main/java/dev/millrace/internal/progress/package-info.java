/**
 * The times of a task: what its inputs report, how that is combined, and what is sent on.
 *
 * <p>Start with {@link dev.millrace.internal.progress.TaskProgress}. The rules by which watermarks
 * are combined are in {@code internal.time}; here is what one task knows.
 */
@NullMarked
package dev.millrace.internal.progress;

import org.jspecify.annotations.NullMarked;
