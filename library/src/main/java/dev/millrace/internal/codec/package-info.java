/**
 * Bytes of keys and values: order-preserving keys, compact values with evolution, JSON where
 * nothing else fits.
 */
@NullMarked
package dev.millrace.internal.codec;

import org.jspecify.annotations.NullMarked;
