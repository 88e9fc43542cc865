package dev.millrace.runner.host;

import dev.millrace.admin.PeekedRecord;
import java.util.List;

/**
 * Some dead letters, the newest first.
 *
 * @param topic where they are
 * @param records they themselves
 * @param older where to go on, for each partition that has older ones
 */
public record Letters(String topic, List<PeekedRecord> records, List<Older> older) {

  /** Copies the lists. */
  public Letters {
    records = List.copyOf(records);
    older = List.copyOf(older);
  }

  /**
   * The place of older letters.
   *
   * @param partition the partition
   * @param before the offset that they come before
   */
  public record Older(int partition, long before) {}
}
