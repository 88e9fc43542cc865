package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import java.util.List;

/**
 * The bids with the highest price.
 *
 * @param price the price of each of them
 * @param bids the bids, one or more unless there are no bids at all
 */
public record HighestBids(long price, List<Bid> bids) implements Serializable {

  /** Those of no bids. */
  public static final HighestBids NONE = new HighestBids(0, List.of());

  /** {@return the highest of these and another one} */
  public HighestBids with(Bid bid) {
    return bid.price() < price ? this : with(new HighestBids(bid.price(), List.of(bid)));
  }

  /** {@return the highest of these and others} */
  public HighestBids with(HighestBids other) {
    if (price != other.price) {
      return price > other.price ? this : other;
    }
    return new HighestBids(price, Lists.joined(bids, other.bids));
  }
}
