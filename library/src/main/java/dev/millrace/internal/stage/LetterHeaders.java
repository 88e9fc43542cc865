package dev.millrace.internal.stage;

import java.util.UUID;

/**
 * The names of the headers that a dead letter has besides those of its record. {@link #JOB} is the
 * first of them: what comes before it, whatever its name, is the record's own.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class LetterHeaders {

  /** The job that wrote the letter. */
  public static final String JOB = "millrace.job";

  /** The life of the job in which it did, as {@link #life} has it. */
  public static final String LIFE = "millrace.life";

  /** The topic of the record that failed; like the next three only where there is a single one. */
  public static final String TOPIC = "millrace.topic";

  /** Its partition. */
  public static final String PARTITION = "millrace.partition";

  /** Its offset. */
  public static final String OFFSET = "millrace.offset";

  /** Its timestamp in milliseconds, if it has one. */
  public static final String TIMESTAMP = "millrace.timestamp";

  /** The stage in which it failed. */
  public static final String STAGE = "millrace.stage";

  /** The operator that failed. */
  public static final String OPERATOR = "millrace.operator";

  /** The class of what the operator failed with. */
  public static final String EXCEPTION = "millrace.exception";

  /** The message of that. */
  public static final String MESSAGE = "millrace.message";

  /** Of a partial aggregate of several records: of how many. */
  public static final String RECORDS = "millrace.records";

  /** Of a part of a letter: the letter's name. */
  public static final String LETTER = "millrace.letter";

  /** Of a part of a letter: which one, from 1. */
  public static final String PART = "millrace.part";

  /** Of a part of a letter: of how many. */
  public static final String PARTS = "millrace.parts";

  /** Of a part of a letter without a key: how many bytes of the whole are the key. */
  public static final String KEY_BYTES = "millrace.key-bytes";

  /** What of the record is too large to be in the letter. */
  public static final String OMITTED = "millrace.omitted";

  private static final int UUID_CHARS = 8;

  private LetterHeaders() {}

  /**
   * {@return the life of a job, which a reset or a deletion ends: the next one may read its input
   * again}
   */
  public static String life(UUID jobUuid, int resetEpoch) {
    return jobUuid.toString().substring(0, UUID_CHARS) + "-" + resetEpoch;
  }
}
