package dev.millrace.internal.operator.join;

import org.jspecify.annotations.Nullable;

/** A pair on which the function of a join failed, or one record without a match; a dead letter. */
record PairLetter(Object key, @Nullable Object left, @Nullable Object right) {}
