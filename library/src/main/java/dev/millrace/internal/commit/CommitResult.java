package dev.millrace.internal.commit;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** How a commit ended. */
public sealed interface CommitResult {

  /**
   * It is committed.
   *
   * @param acknowledged for each partition written to, the offset behind the last record
   */
  record Committed(Map<TopicPartition, Long> acknowledged) implements CommitResult {}

  /**
   * It is not committed, and never will be.
   *
   * @param cause what stood in the way
   */
  record Aborted(RuntimeException cause) implements CommitResult {}

  /**
   * It may or may not be committed: the log has to be asked. The producer has been replaced.
   *
   * @param cause what was reported
   */
  record Unknown(RuntimeException cause) implements CommitResult {}
}
