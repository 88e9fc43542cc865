package dev.millrace.internal.commit;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The outcome of a commit. */
public sealed interface CommitResult {

  /**
   * The transaction is committed.
   *
   * @param acknowledged for each partition written to, the offset after the last record
   */
  record Committed(Map<TopicPartition, Long> acknowledged) implements CommitResult {}

  /**
   * The transaction is not committed, and never will be.
   *
   * @param cause what prevented it
   */
  record Aborted(RuntimeException cause) implements CommitResult {}

  /**
   * The transaction may or may not be committed: only the log shows which. The producer has been
   * replaced.
   *
   * @param cause what was reported
   */
  record Unknown(RuntimeException cause) implements CommitResult {}
}
