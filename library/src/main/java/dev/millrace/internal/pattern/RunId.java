package dev.millrace.internal.pattern;

/** Where a run of a key is. */
public record RunId(int place, long id) {}
