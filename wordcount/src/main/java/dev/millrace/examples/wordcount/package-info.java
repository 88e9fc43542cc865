/**
 * The first example: how often each word occurs, per window of time; and a feeder that turns texts
 * into the records it reads.
 */
@NullMarked
package dev.millrace.examples.wordcount;

import org.jspecify.annotations.NullMarked;
