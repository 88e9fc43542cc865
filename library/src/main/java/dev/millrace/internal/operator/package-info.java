/**
 * The operators of a stage: small objects, one set per task, joined by direct calls.
 *
 * <p>A record enters at a head and runs through the chain to its end before the next one enters.
 * Operators know nothing of Kafka, threads or transactions; what they need of the outside comes
 * through {@link dev.millrace.internal.operator.Output}, {@link
 * dev.millrace.internal.operator.Failures} and the task's row stores.
 */
@NullMarked
package dev.millrace.internal.operator;

import org.jspecify.annotations.NullMarked;
