package dev.millrace.internal.plan;

/**
 * A record of an operator that reads several inputs, as its function gets it.
 *
 * @param input the input that it came from
 * @param value the record
 */
public record FromInput(int input, Object value) {}
