package dev.millrace.admin;

import java.time.Instant;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter of a job, as its topic has it. A letter that is written in several parts is shown
 * as its first part.
 *
 * <p><b>Threads.</b> Immutable as long as nobody changes the objects in key and value.
 *
 * @param partition the partition of the topic of dead letters
 * @param offset the offset there
 * @param writtenAt when the letter was written
 * @param state whether a replay puts its record back
 * @param kind its kind, which all letters of one cause share
 * @param message the message of what the step failed with
 * @param recordPartition the partition of the record that failed, if it is a single one
 * @param recordOffset the offset of that record
 * @param parts in how many parts the letter is written
 * @param key the key as null, a text or a number of hexadecimal digits
 * @param value the value, or its first part, ready to be printed as JSON
 */
public record StoredLetter(
    int partition,
    long offset,
    Instant writtenAt,
    LetterState state,
    LetterKind kind,
    String message,
    OptionalInt recordPartition,
    OptionalLong recordOffset,
    int parts,
    @Nullable Object key,
    @Nullable Object value) {}
