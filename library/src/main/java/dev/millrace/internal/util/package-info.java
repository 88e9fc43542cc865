/** Bytes, hashing and the clock: what every other internal package builds on. */
@NullMarked
package dev.millrace.internal.util;

import org.jspecify.annotations.NullMarked;
