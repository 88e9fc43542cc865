package dev.millrace.admin;

import java.time.Duration;
import java.time.Instant;

/** The place to which a reset moves the offsets of a job's sources; Kafka calls it the scenario. */
public sealed interface ResetTarget {

  /** {@return the target in words, for a dry run} */
  String describe();

  /** The first record that is still there. */
  record Earliest() implements ResetTarget {
    @Override
    public String describe() {
      return "the earliest record";
    }
  }

  /** The end: only what comes afterwards. */
  record Latest() implements ResetTarget {
    @Override
    public String describe() {
      return "the end";
    }
  }

  /** The position of the job: state is dropped, records are not read again. */
  record Current() implements ResetTarget {
    @Override
    public String describe() {
      return "the present offsets";
    }
  }

  /**
   * The first record at or after a time; the end if there is none.
   *
   * @param time compared with the timestamps of Kafka's records
   */
  record AtTime(Instant time) implements ResetTarget {
    @Override
    public String describe() {
      return "the first record from " + time + " on";
    }
  }

  /**
   * The first record of a period that ends now.
   *
   * @param duration counted back from the moment the reset is planned
   */
  record Ago(Duration duration) implements ResetTarget {
    @Override
    public String describe() {
      return "the first record of the last " + duration;
    }
  }

  /**
   * An offset, the same in all partitions; one outside of a partition becomes the nearest inside.
   *
   * @param offset not negative
   */
  record Offset(long offset) implements ResetTarget {
    @Override
    public String describe() {
      return "offset " + offset;
    }
  }

  /**
   * A number of records from the position of the job, within what the partition has.
   *
   * @param records negative to go back
   */
  record Shift(long records) implements ResetTarget {
    @Override
    public String describe() {
      return "the present offsets " + (records < 0 ? "- " : "+ ") + Math.abs(records);
    }
  }
}
