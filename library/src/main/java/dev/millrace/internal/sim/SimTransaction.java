package dev.millrace.internal.sim;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * One open transaction: whose it is, and the logs that it has written to.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class SimTransaction {

  private final long producerId;
  private final int epoch;
  private final long openedNanos;
  private final Set<SimLog> logs = new LinkedHashSet<>();

  SimTransaction(long producerId, int epoch, long openedNanos) {
    this.producerId = producerId;
    this.epoch = epoch;
    this.openedNanos = openedNanos;
  }

  /** Notes that the transaction has written to a log. */
  void touched(SimLog log) {
    logs.add(log);
  }

  Collection<SimLog> logs() {
    return logs;
  }

  long producerId() {
    return producerId;
  }

  int epoch() {
    return epoch;
  }

  long openedNanos() {
    return openedNanos;
  }
}
