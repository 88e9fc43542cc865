package dev.millrace.admin;

/**
 * The result of a replay of dead letters: what it has done.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param job the job
 * @param replayed how many records are back
 * @param gone how many letters were passed over for good: they are too large to hold their record,
 *     and that is not in its topic any more
 */
public record ReplayResult(String job, long replayed, long gone) {}
