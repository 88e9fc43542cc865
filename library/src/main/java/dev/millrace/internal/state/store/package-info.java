/**
 * The port of stores: ordered bytes, written in batches that carry a checkpoint; and the store in
 * memory.
 */
@NullMarked
package dev.millrace.internal.state.store;

import org.jspecify.annotations.NullMarked;
