package dev.millrace.sidebyside.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.nexmark.AuctionCount;
import dev.millrace.sidebyside.nexmark.Bid;
import dev.millrace.sidebyside.nexmark.HighestBids;
import dev.millrace.sidebyside.nexmark.HottestAuctions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QueryTest {

  @ParameterizedTest
  @EnumSource(Query.class)
  void planCanBeSentToWhereItRuns(Query query) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(query.plan());
    }
    assertThat(bytes.size()).isPositive();
  }

  @Test
  void hottestAuctionsAreTheSameInAnyOrder() {
    AuctionCount one = new AuctionCount(0, 1, 5);
    AuctionCount two = new AuctionCount(0, 2, 7);
    HottestAuctions left = HottestAuctions.NONE.with(one).with(two);
    HottestAuctions right = HottestAuctions.NONE.with(two).with(one);
    assertThat(left).isEqualTo(right).isEqualTo(left.with(HottestAuctions.NONE));
    assertThat(left.auctions()).containsExactly(2L);
    assertThat(left.with(new AuctionCount(0, 3, 7)).auctions()).containsExactly(2L, 3L);
  }

  @Test
  void highestBidsAreTheSameInAnyOrder() {
    Bid low = bid(10);
    Bid high = bid(20);
    HighestBids left = HighestBids.NONE.with(low).with(high);
    assertThat(left).isEqualTo(HighestBids.NONE.with(high).with(low));
    assertThat(left.bids()).containsExactly(high);
    assertThat(left.with(left).bids()).containsExactly(high, high);
  }

  private static Bid bid(long price) {
    return new Bid(1, 2, price, "channel", "url", 0, "");
  }
}
