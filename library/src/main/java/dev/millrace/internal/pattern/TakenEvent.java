package dev.millrace.internal.pattern;

/**
 * An event that runs have taken.
 *
 * @param runs how many there are of which it is the last event
 */
public record TakenEvent<T>(int runs, long timeMs, T value) {}
