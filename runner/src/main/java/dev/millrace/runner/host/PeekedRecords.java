package dev.millrace.runner.host;

import dev.millrace.admin.PeekedRecord;
import java.util.List;

/**
 * The newest records of a topic.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param partitions how many partitions the topic has; 0 if it is not there
 * @param complete whether all that were asked for are there; if not, they were too large together,
 *     and any may be missing
 * @param records the records, newest first by Kafka's timestamp
 */
public record PeekedRecords(int partitions, boolean complete, List<PeekedRecord> records) {

  /** Copies the list. */
  public PeekedRecords {
    records = List.copyOf(records);
  }
}
