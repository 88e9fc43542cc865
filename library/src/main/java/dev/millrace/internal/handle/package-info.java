/**
 * The state handles of process functions: declared with the function, bound to a task's rows when
 * the task opens, and to a key for each call.
 */
@NullMarked
package dev.millrace.internal.handle;

import org.jspecify.annotations.NullMarked;
