/**
 * The fixed parts of a stage while it runs on an instance, and the objects that its workers share.
 *
 * <p>{@link dev.millrace.internal.stage.StageSetup} is the stage as the cluster has it, {@link
 * dev.millrace.internal.stage.WorkerSetup} what surrounds its workers, and {@link
 * dev.millrace.internal.stage.StageShare} what they have in common. None of it knows a task.
 */
@NullMarked
package dev.millrace.internal.stage;

import org.jspecify.annotations.NullMarked;
