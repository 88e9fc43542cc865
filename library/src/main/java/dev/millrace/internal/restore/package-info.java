/**
 * The way of a task from an assigned partition to restored rows and agreed positions, and the rows
 * and stores that it has from then on.
 *
 * <p>Start with {@link dev.millrace.internal.restore.TaskOpener}, which has the order of the steps
 * and why it is that one, and {@link dev.millrace.internal.restore.Agreement}, the rule at their
 * end. What a task does once it runs is not known here.
 */
@NullMarked
package dev.millrace.internal.restore;

import org.jspecify.annotations.NullMarked;
