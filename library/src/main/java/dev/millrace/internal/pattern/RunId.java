package dev.millrace.internal.pattern;

/** The identity of a run among those of its key: its place in the automaton, and its number. */
public record RunId(int place, long id) {}
