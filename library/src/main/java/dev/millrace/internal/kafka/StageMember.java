package dev.millrace.internal.kafka;

import java.util.Set;

/**
 * A worker as its stage's group sees it: what it reports before it joins, and what it is told.
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
   * partitions are announced to it. Their transactions may still be open. An id may have come back
   * to life meanwhile: ask {@link Topics#activeMembers} where that matters.
   */
  default void onPeersDeparted(Set<String> transactionalIds) {}
}
