package dev.millrace.admin;

/**
 * The kind of a dead letter: what is the same for all letters of one cause. Replays are selected by
 * it, and remember by it how far they have come.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param stage the stage in which the record failed
 * @param operator the step that failed
 * @param topic the topic of the record; empty for a result of several records
 * @param exception the class of what the step failed with
 * @param life the life of the job in which it did, such as {@code 1f0c9ab2-0}: a reset or a
 *     deletion of the job ends one
 */
public record LetterKind(
    String stage, String operator, String topic, String exception, String life) {}
