/**
 * Patterns: sequences of events, per key, that a program looks for.
 *
 * <p>Example: {@code payments.keyBy(Payment::card).match(Pattern.<Payment>begin("small").where(p ->
 * p.amount() < 1).followedBy("large").where(p -> p.amount() >
 * 500).within(Duration.ofMinutes(10))).select(m -> new Alert(m.first("small"), m.first("large")))}.
 */
@NullMarked
package dev.millrace.pattern;

import org.jspecify.annotations.NullMarked;
