package dev.millrace.admin;

/**
 * The state of a dead letter: whether a replay puts its record back, and if not, why not.
 *
 * <p><b>Threads.</b> Immutable.
 */
public enum LetterState {
  /** The next replay puts its record back into the topic that it is from. */
  PENDING("pending"),
  /** A replay has dealt with it. */
  REPLAYED("replayed"),
  /**
   * It is of before the job's last reset or deletion, since when the job may have read the record
   * itself again; only on demand is it replayed.
   */
  FORMER_LIFE("of before the last reset"),
  /** The job, as it is deployed, does not read the record's topic, or there is no such topic. */
  NO_SOURCE("its topic is no source of the job"),
  /** The topic is that of a table, in which an old row would take the place of a newer one. */
  TABLE_ROW("a row of a table"),
  /** It failed after a shuffle, or as a part of a source with splits: within the job. */
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
