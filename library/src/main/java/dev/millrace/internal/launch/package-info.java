/**
 * Wiring: from a plan and settings to a running instance, and the operations on a job as a whole
 * (bootstrap, status, reset).
 */
@NullMarked
package dev.millrace.internal.launch;

import org.jspecify.annotations.NullMarked;
