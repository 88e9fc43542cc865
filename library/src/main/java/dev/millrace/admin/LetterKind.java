package dev.millrace.admin;

/**
 * The kind of a dead letter: what is the same for all letters of one cause. Replays select letters
 * by it, and keep their progress for each kind.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param stage the stage in which the record failed
 * @param operator the step that failed
 * @param topic the topic of the record; empty for a result of several records
 * @param exception the class of what the step failed with
 * @param life the life of the job in which that was, such as {@code 1f0c9ab2-0}: a reset or a
 *     deletion of the job ends a life
 */
public record LetterKind(
    String stage, String operator, String topic, String exception, String life) {}
