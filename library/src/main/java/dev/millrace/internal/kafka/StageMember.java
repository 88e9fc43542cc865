package dev.millrace.internal.kafka;

import java.util.Set;

/**
 * A worker as its stage's group sees it: what it reports before it joins, and what it is notified
 * of.
 *
 * <p><b>Threads.</b> Both methods are called by the thread that polls the consumer, from within the
 * poll; they must return at once.
 */
@FunctionalInterface
public interface StageMember {

  /** {@return what to report; asked again before each rebalance} */
  MemberData report();

  /**
   * Takes note of peers that left the group without a trace of themselves, before this member's new
   * partitions are announced to it. Their transactions may still be open. A worker with such an id
   * may have been restarted meanwhile: ask {@link Groups#activeMembers} where that matters.
   */
  default void onPeersDeparted(Set<String> transactionalIds) {}
}
