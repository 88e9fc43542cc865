package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.millrace.sidebyside.nexmark.Auction;
import dev.millrace.sidebyside.nexmark.Bid;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.EventJson;
import dev.millrace.sidebyside.nexmark.Person;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EventSequenceTest {

  private static final int COUNT = 100_000;

  private final EventSequence events = new EventSequence(42, 1_000_000, 2000);

  @Test
  void eventDependsOnItsNumberAlone() {
    Event event = events.event(77_777);
    events.event(3);
    assertThat(events.event(77_777)).isEqualTo(event);
    assertThat(new EventSequence(42, 1_000_000, 2000).event(77_777)).isEqualTo(event);
    assertThat(new EventSequence(43, 1_000_000, 2000).event(77_777)).isNotEqualTo(event);
  }

  @Test
  void fiftyInARowAreOnePersonThreeAuctionsAndBids() {
    assertThat(
            LongStream.range(100, 200)
                .mapToObj(events::event)
                .map(e -> e.person() != null ? 'p' : e.auction() != null ? 'a' : 'b')
                .map(String::valueOf)
                .reduce("", String::concat))
        .isEqualTo(("paaa" + "b".repeat(46)).repeat(2));
  }

  @Test
  void timeGoesByTheRate() {
    assertThat(events.timeMs(0)).isEqualTo(1_000_000);
    assertThat(events.timeMs(2000)).isEqualTo(1_001_000);
    assertThat(events.event(3).timeMs()).isEqualTo(1_000_001);
  }

  @Test
  void idsAreGivenInOrder() {
    assertThat(all(Event::person)).extracting(Person::id).startsWith(1000L, 1001L, 1002L);
    assertThat(all(Event::auction))
        .extracting(Auction::id)
        .startsWith(1000L, 1001L, 1002L, 1003L)
        .doesNotHaveDuplicates();
  }

  @Test
  void someBidsAreOnAuctionsToComeAndNoneOnOldOnes() {
    for (long number = 50_000; number < 60_000; number++) {
      Bid bid = events.event(number).bid();
      if (bid != null) {
        long newest = number / 50 * 3 + 2 + 1000;
        assertThat(bid.auction()).isBetween(newest - 100 - 2, newest + 10);
        assertThat(bid.bidder()).isBetween(number / 50 - 1000 + 1000, number / 50 + 10 + 1000);
      }
    }
  }

  @Test
  void hotOnesGetTheirShare() {
    assertThat(share(all(Event::bid), bid -> bid.auction() % 100 == 0))
        .isCloseTo(0.505, offset(0.01));
    assertThat(share(all(Event::bid), bid -> bid.bidder() % 100 == 1))
        .isCloseTo(0.7525, offset(0.01));
    assertThat(share(all(Event::auction), auction -> auction.seller() % 100 == 0))
        .isCloseTo(0.7525, offset(0.02));
    assertThat(share(all(Event::auction), auction -> auction.category() == 10))
        .isCloseTo(0.2, offset(0.02));
  }

  @Test
  void pricesAreSpreadOverPowersOfTen() {
    assertThat(share(all(Event::bid), bid -> bid.price() < 100_000)).isCloseTo(0.5, offset(0.01));
    assertThat(all(Event::bid)).allMatch(bid -> bid.price() >= 100 && bid.price() <= 100_000_000);
  }

  @Test
  void neighboursHaveNothingInCommon() {
    List<Bid> bids = all(Event::bid);
    assertThat(bids.stream().map(Bid::extra).distinct().count()).isEqualTo(bids.size());
    assertThat(
            LongStream.range(1, bids.size())
                .filter(i -> bids.get((int) i).price() > bids.get((int) i - 1).price())
                .count())
        .isCloseTo(bids.size() / 2, withPercentage(2));
  }

  @Test
  void jsonCarriesEverything() {
    EventJson<Event> json = new EventJson<>(Event.class);
    for (long number = 0; number < 100; number++) {
      assertThat(json.decode(json.encode(events.event(number)))).isEqualTo(events.event(number));
    }
    assertThat(new String(json.encode(events.event(7)), StandardCharsets.UTF_8))
        .startsWith("{\"bid\":{\"auction\":1")
        .doesNotContain("person");
  }

  private <T> List<T> all(Function<Event, T> kind) {
    return LongStream.range(0, COUNT)
        .mapToObj(events::event)
        .map(kind)
        .filter(Objects::nonNull)
        .toList();
  }

  private static <T> double share(List<T> all, Predicate<T> some) {
    return (double) all.stream().filter(some).count() / all.size();
  }
}
