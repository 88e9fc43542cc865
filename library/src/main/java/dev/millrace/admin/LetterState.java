package dev.millrace.admin;

/**
 * The state of a dead letter: whether a replay puts its record back, and if not, why not.
 *
 * <p><b>Threads.</b> Immutable.
 */
public enum LetterState {
  /** The next replay puts its record back into the topic that it came from. */
  PENDING("pending"),
  /** A replay has dealt with it. */
  REPLAYED("replayed"),
  /**
   * It is from before the job's last reset or deletion, after which the job may have read the
   * record itself again; it is replayed only on request.
   */
  FORMER_LIFE("of before the last reset"),
  /** The job, as it is deployed, does not read the record's topic, or there is no such topic. */
  NO_SOURCE("its topic is no source of the job"),
  /** The topic is that of a table, in which an old row would replace a newer one. */
  TABLE_ROW("a row of a table"),
  /** It failed inside the job: after a shuffle, or in a source with splits. */
  WITHIN_JOB("from within the job"),
  /** It is a result of several records. */
  RESULT("a result of several records");

  private final String words;

  LetterState(String words) {
    this.words = words;
  }

  /** {@return the state in words, for people} */
  public String words() {
    return words;
  }

  /** {@return whether a replay may put the record back, now or on demand} */
  public boolean isReplayable() {
    return this == PENDING || this == FORMER_LIFE || this == NO_SOURCE;
  }
}
