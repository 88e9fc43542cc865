package dev.millrace.internal.broadcast;

import dev.millrace.error.ConfigurationException;

/**
 * The memory of all tables that an instance has whole.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the tables.
 */
final class TableMemory {

  private final String job;
  private final long limitBytes;
  private long usedBytes;

  /**
   * Creates the memory of the tables of an instance.
   *
   * @param limitBytes how much they may take together
   */
  TableMemory(String job, long limitBytes) {
    this.job = job;
    this.limitBytes = limitBytes;
  }

  /**
   * Notes that a table has grown, or shrunk.
   *
   * @throws ConfigurationException if the tables take more than they may
   */
  void changed(BroadcastRows table, long bytes) {
    usedBytes += bytes;
    if (bytes > 0 && usedBytes > limitBytes) {
      throw new ConfigurationException(
          "Cannot keep broadcast table '"
              + table.name()
              + "' of job '"
              + job
              + "' in memory: with it the tables that each instance has whole take more than"
              + " broadcast.memory allows ("
              + limitBytes
              + " bytes; this one has "
              + table.size()
              + " rows of about "
              + table.bytes() / Math.max(1, table.size())
              + " bytes). Raise broadcast.memory, and the heap with it (-Xmx); broadcast less of"
              + " each row and fewer of them, with map and filter before .broadcast(); or leave"
              + " .broadcast() out, so that the stream is shuffled to the rows");
    }
  }
}
