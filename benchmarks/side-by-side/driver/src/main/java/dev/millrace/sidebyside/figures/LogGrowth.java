package dev.millrace.sidebyside.figures;

import java.util.HashMap;
import java.util.Map;

/**
 * The bytes that were written to logs which also lose their beginnings: the sum of what each has
 * grown from one look to the next.
 *
 * <p><b>Threads.</b> One.
 */
public final class LogGrowth {

  private final Map<String, Long> sizes = new HashMap<>();
  private long bytes;

  /**
   * Takes the sizes as they are now.
   *
   * @param now bytes by the name of the log; one that is new has been empty before
   * @return what has been written since the first look
   */
  public long look(Map<String, Long> now) {
    boolean first = sizes.isEmpty();
    for (Map.Entry<String, Long> log : now.entrySet()) {
      long before = sizes.getOrDefault(log.getKey(), first ? log.getValue() : 0L);
      bytes += Math.max(0, log.getValue() - before);
    }
    sizes.putAll(now);
    return bytes;
  }
}
