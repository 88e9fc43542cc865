/**
 * Wiring: from a plan and settings to a running instance. The bootstrap creates the job in a
 * cluster, the instance runs its workers and looks after them.
 */
@NullMarked
package dev.millrace.internal.launch;

import org.jspecify.annotations.NullMarked;
