package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import java.util.List;

/**
 * The auctions with the most bids of those of a window.
 *
 * @param count the number of bids of each of them
 * @param auctions their ids, one or more unless there are no auctions at all
 */
public record HottestAuctions(long count, List<Long> auctions) implements Serializable {

  /** Those of no auctions. */
  public static final HottestAuctions NONE = new HottestAuctions(0, List.of());

  /** {@return the hottest of these and another one} */
  public HottestAuctions with(AuctionCount other) {
    return with(new HottestAuctions(other.count(), List.of(other.auction())));
  }

  /** {@return the hottest of these and others} */
  public HottestAuctions with(HottestAuctions other) {
    if (count != other.count) {
      return count > other.count ? this : other;
    }
    return new HottestAuctions(count, Lists.joined(auctions, other.auctions));
  }
}
