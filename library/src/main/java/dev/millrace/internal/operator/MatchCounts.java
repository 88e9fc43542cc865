package dev.millrace.internal.operator;

/**
 * The counters of what is found of a pattern, and of what is not.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface MatchCounts {

  /** Counts nothing. */
  MatchCounts NONE =
      new MatchCounts() {
        @Override
        public void countMatches(int matches) {}

        @Override
        public void countTimedOut() {}

        @Override
        public void countDropped() {}

        @Override
        public void countDroppedForRecords() {}

        @Override
        public void countDroppedRecord() {}
      };

  /** Counts matches. */
  void countMatches(int matches);

  /** Counts a partial match whose time was over. */
  void countTimedOut();

  /** Counts a partial match that was dropped since its key had too many of them. */
  void countDropped();

  /** Counts a partial match that was dropped since its key held too many records. */
  void countDroppedForRecords();

  /** Counts a record that was dropped while it waited, since its key held too many. */
  void countDroppedRecord();
}
