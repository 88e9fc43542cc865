/**
 * A task's state: the store of ordered bytes below, the overlay of the open transaction above it,
 * and the directory that holds it on disk.
 *
 * <p>On disk there are two places, each with a port and a directory: what an instance has taken
 * ({@link dev.millrace.internal.state.InstanceSlot}, {@link
 * dev.millrace.internal.state.InstanceDirectory}), and the state of one task below it ({@link
 * dev.millrace.internal.state.TaskSlot}, {@link dev.millrace.internal.state.TaskDirectory}).
 *
 * <p>Start reading at {@link dev.millrace.internal.state.Overlay}. A <i>full key</i> is the store
 * id as a varint (ids start at 1) and then the row's key; everything that starts with the byte 0 is
 * reserved for the store itself.
 */
@NullMarked
package dev.millrace.internal.state;

import org.jspecify.annotations.NullMarked;
