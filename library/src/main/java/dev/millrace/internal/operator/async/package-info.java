/**
 * Calls to other systems from within a stage: they are made and their results emitted by the
 * worker, while the waiting happens elsewhere.
 */
@NullMarked
package dev.millrace.internal.operator.async;

import org.jspecify.annotations.NullMarked;
