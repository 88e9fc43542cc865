/**
 * Windows: the stretches of time over which keyed records are aggregated.
 *
 * <p>Example: {@code
 * stream.keyBy(Word::word).window(Windows.tumbling(Duration.ofMinutes(5))).count()}.
 */
@NullMarked
package dev.millrace.window;

import org.jspecify.annotations.NullMarked;
