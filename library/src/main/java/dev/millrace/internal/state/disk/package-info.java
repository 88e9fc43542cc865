/**
 * The directories of state, and who has them. There are two places, each with a port and a
 * directory: what an instance has taken on its machine ({@link
 * dev.millrace.internal.state.disk.InstanceSlot}, {@link
 * dev.millrace.internal.state.disk.InstanceDirectory}), and the state of one task below it ({@link
 * dev.millrace.internal.state.disk.TaskSlot}, {@link
 * dev.millrace.internal.state.disk.TaskDirectory}).
 */
@NullMarked
package dev.millrace.internal.state.disk;

import org.jspecify.annotations.NullMarked;
