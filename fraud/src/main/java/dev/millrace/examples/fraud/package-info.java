/**
 * The fourth example: fraud among payments by card, as a pattern; a feeder that plants fraud by a
 * seed, and a judge who compares alerts with what was planted.
 */
@NullMarked
package dev.millrace.examples.fraud;

import org.jspecify.annotations.NullMarked;
