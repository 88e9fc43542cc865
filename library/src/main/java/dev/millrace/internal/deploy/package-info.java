/**
 * From a program to a job in the cluster: what is refused before anything is created, the topics
 * and the first offsets, the manifest that all copies agree on, and its change to the stages and
 * stores of another program. {@link dev.millrace.internal.deploy.Bootstrap} is the way through;
 * what changes while the job runs, new partitions and other versions of the program, is agreed on
 * here too. Nothing here runs a task.
 */
@NullMarked
package dev.millrace.internal.deploy;

import org.jspecify.annotations.NullMarked;
