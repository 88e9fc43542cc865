package dev.millrace.internal.fold;

/**
 * The row of a key whose records may be taken back: it has to go with the last of them.
 *
 * @param count how many records the accumulator stands for, more than 0
 * @param accumulator the aggregate over them
 */
public record CountedRow<A>(long count, A accumulator) {}
