/**
 * A task's rows: the overlay of the open transaction above a store of ordered bytes ({@link
 * dev.millrace.internal.state.store}), which is in a directory of its own ({@link
 * dev.millrace.internal.state.disk}).
 *
 * <p>Start reading at {@link dev.millrace.internal.state.Overlay}. A <i>full key</i> is the store
 * id as a varint (ids start at 1) and then the row's key; everything that starts with the byte 0 is
 * reserved for the store itself.
 */
@NullMarked
package dev.millrace.internal.state;

import org.jspecify.annotations.NullMarked;
