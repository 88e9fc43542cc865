package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The facts that are known of a seller.
 *
 * @param who the seller; null if they have not come yet
 * @param waiting the ids of auctions that came before them
 */
public record Offers(@Nullable String who, List<Long> waiting) implements Serializable {

  /** Nothing. */
  public static final Offers NONE = new Offers(null, List.of());

  /** {@return the same with one more auction that waits} */
  public Offers waitingFor(long auction) {
    List<Long> more = new ArrayList<>(waiting);
    more.add(auction);
    return new Offers(who, more);
  }
}
