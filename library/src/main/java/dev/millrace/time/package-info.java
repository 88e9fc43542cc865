/**
 * Event time: how sources derive watermarks from the timestamps of their records.
 *
 * <p>Example: {@code
 * Watermarks.boundedOutOfOrderness(Duration.ofSeconds(10)).idleness(Duration.ofSeconds(5))}.
 */
@NullMarked
package dev.millrace.time;

import org.jspecify.annotations.NullMarked;
