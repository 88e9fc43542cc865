package dev.millrace.runner.supervise;

import java.net.InetSocketAddress;
import java.util.function.Supplier;

/**
 * Whoever answers by HTTP in the place of an instance that is dead for a while.
 *
 * <p><b>Threads.</b> Called by the supervisor's thread.
 */
@FunctionalInterface
public interface StandIn {

  /**
   * The stand-in while it answers; to close it gives the address back to the next process of the
   * instance.
   */
  interface Answering extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Begins to answer.
   *
   * @param address where the instance has answered
   * @param supervision where it stands, as of the time of the call
   * @return the stand-in; without effect if the address cannot be bound, which harms nobody
   */
  Answering open(InetSocketAddress address, Supplier<Supervision> supervision);
}
