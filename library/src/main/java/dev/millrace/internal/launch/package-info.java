/**
 * Wiring: from a plan and settings to a running instance. It joins the job as {@link
 * dev.millrace.internal.deploy} has created or found it, runs its workers and looks after them.
 */
@NullMarked
package dev.millrace.internal.launch;

import org.jspecify.annotations.NullMarked;
