package dev.millrace.sidebyside.engine;

import dev.millrace.sidebyside.nexmark.Arrival;
import dev.millrace.sidebyside.nexmark.AuctionCount;
import dev.millrace.sidebyside.nexmark.Bid;
import dev.millrace.sidebyside.nexmark.EachEvent;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.HighestBids;
import dev.millrace.sidebyside.nexmark.HottestAuctions;
import dev.millrace.sidebyside.nexmark.KeyedSteps;
import dev.millrace.sidebyside.nexmark.Newcomer;
import dev.millrace.sidebyside.nexmark.Offer;
import dev.millrace.sidebyside.nexmark.Offers;
import dev.millrace.sidebyside.nexmark.QueryPlan;
import dev.millrace.sidebyside.nexmark.WindowShape;
import dev.millrace.sidebyside.nexmark.WindowedFold;
import dev.millrace.sidebyside.nexmark.WindowedFolds;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Queries of Nexmark, over an auction house's persons, auctions and bids.
 *
 * <p>The input is a Kafka topic of records without a key, whose value is an {@link Event} as JSON
 * and whose timestamp is the time of the event. The output is a Kafka topic whose records have a
 * {@link #line} as their value. Each result is there once, as it will always be. Where windows go
 * by event time the first field of a result is the end of its window, in milliseconds since the
 * epoch.
 *
 * <p>The input goes on for {@link #AFTER} after what counts, so that windows that count are closed
 * as others are, by what comes after them; results of windows that end later do not count.
 */
public enum Query implements Workload {
  /** Passes bids on. */
  Q0(Check.EACH_RESULT, bids(Query::line)),

  /** Converts the price of bids to another currency, exactly. */
  Q1(
      Check.EACH_RESULT,
      bids(
          bid ->
              line(bid.auction(), bid.bidder(), euros(bid.price()), bid.dateTime(), bid.extra()))),

  /** Selects bids on some auctions. */
  Q2(
      Check.EACH_RESULT,
      bids(bid -> bid.auction() % 123 == 0 ? line(bid.auction(), bid.price()) : null)),

  /** Joins auctions of a category with their sellers, of those who live in some states. */
  Q3(
      Check.EACH_RESULT,
      new KeyedSteps<>(Offer.class, Query::offer, Offer::seller, Offers.class, Query::match)),

  /** The auctions with the most bids in the last ten seconds, every two seconds. */
  Q5(
      Check.EACH_WINDOW,
      new WindowedFolds<>(
          Long.class,
          event -> event.bid() == null ? null : Long.valueOf(event.bid().auction()),
          List.of(
              WindowedFold.counting(
                  WindowShape.sliding(Duration.ofSeconds(10), Duration.ofSeconds(2)),
                  AuctionCount.class,
                  (auction, startMs, endMs, count) ->
                      List.of(new AuctionCount(endMs, auction, count))),
              new WindowedFold<>(
                  AuctionCount.class,
                  AuctionCount::windowEndMs,
                  WindowShape.tumbling(Duration.ofSeconds(2)),
                  HottestAuctions.class,
                  HottestAuctions.NONE,
                  HottestAuctions::with,
                  HottestAuctions::with,
                  String.class,
                  (windowEndMs, startMs, endMs, hottest) ->
                      hottest.auctions().stream()
                          .map(auction -> line(windowEndMs, auction, hottest.count()))
                          .toList())))),

  /** The bids with the highest price of each ten seconds. */
  Q7(
      Check.EACH_WINDOW,
      new WindowedFolds<>(
          Bid.class,
          Event::bid,
          List.of(
              new WindowedFold<>(
                  Bid.class,
                  bid -> 0,
                  WindowShape.tumbling(Duration.ofSeconds(10)),
                  HighestBids.class,
                  HighestBids.NONE,
                  HighestBids::with,
                  HighestBids::with,
                  String.class,
                  (all, startMs, endMs, highest) ->
                      highest.bids().stream().map(bid -> endMs + "," + line(bid)).toList())))),

  /** Persons who opened an auction in the ten seconds in which they came. */
  Q8(
      Check.EACH_WINDOW,
      new WindowedFolds<>(
          Arrival.class,
          Query::arrival,
          List.of(
              new WindowedFold<>(
                  Arrival.class,
                  Arrival::id,
                  WindowShape.tumbling(Duration.ofSeconds(10)),
                  Newcomer.class,
                  Newcomer.NOBODY,
                  Newcomer::with,
                  Newcomer::with,
                  String.class,
                  (id, startMs, endMs, newcomer) ->
                      newcomer.hasComeToSell()
                          ? List.of(line(endMs, id, String.valueOf(newcomer.name()), startMs))
                          : List.of())))),

  /** How many bids each bidder made in a row, without a pause of ten seconds. */
  Q11(
      Check.EACH_WINDOW,
      new WindowedFolds<>(
          Long.class,
          Query::bidder,
          List.of(
              WindowedFold.counting(
                  WindowShape.session(Duration.ofSeconds(10)),
                  String.class,
                  (bidder, startMs, endMs, count) ->
                      List.of(line(endMs, bidder, count, startMs)))))),

  /**
   * How many bids each bidder made in ten seconds of the clock.
   *
   * <p>In which window a bid is counted depends on the run, but all counts of a bidder together are
   * the bidder's bids.
   */
  Q12(
      Check.SUM_OF_KEY,
      new WindowedFolds<>(
          Long.class,
          Query::bidder,
          List.of(
              WindowedFold.counting(
                  WindowShape.byClock(Duration.ofSeconds(10)),
                  String.class,
                  (bidder, startMs, endMs, count) -> List.of(line(bidder, count))))));

  /** By how much events of an input partition may be out of order. */
  public static final Duration DISORDER = Duration.ofSeconds(4);

  /** The event time for which the input goes on after what counts. */
  public static final Duration AFTER = Duration.ofSeconds(60);

  private static final long CATEGORY = 10;
  private static final Set<String> STATES = Set.of("OR", "ID", "CA");

  private final Check check;

  @SuppressWarnings("ImmutableEnumChecker") // its functions keep nothing
  private final QueryPlan plan;

  Query(Check check, QueryPlan plan) {
    this.check = check;
    this.plan = plan;
  }

  /** The comparison by which results count as equal. */
  public enum Check {
    /** All results. */
    EACH_RESULT,
    /** All results of windows that count. */
    EACH_WINDOW,
    /** The sum of the second fields of results that have the same first field. */
    SUM_OF_KEY
  }

  /** {@return what has to be equal for results to be} */
  public Check check() {
    return check;
  }

  /** {@return whether it has windows that go by the time of events} */
  public boolean isByEventTime() {
    return check == Check.EACH_WINDOW;
  }

  /** {@return how it gets from events to results} */
  public QueryPlan plan() {
    return plan;
  }

  /** {@return its name on a command line and in reports} */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return the query of a label} */
  public static Query labelled(String label) {
    return Stream.of(values())
        .filter(query -> query.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot find the query: there is none of that name (query="
                        + label
                        + "). Choose from "
                        + Stream.of(values()).map(Query::label).collect(Collectors.joining(", "))
                        + "."));
  }

  /** {@return a result: its fields with commas between them} */
  public static String line(Object... fields) {
    StringBuilder line = new StringBuilder();
    for (Object field : fields) {
      if (line.length() > 0) {
        line.append(',');
      }
      line.append(field);
    }
    return line.toString();
  }

  private static String line(Bid bid) {
    return line(bid.auction(), bid.bidder(), bid.price(), bid.dateTime(), bid.extra());
  }

  private static EachEvent bids(Result result) {
    return new EachEvent(event -> event.bid() == null ? null : result.of(event.bid()));
  }

  private static String euros(long price) {
    long thousandths = price * 908;
    return thousandths / 1000 + "." + String.valueOf(1000 + thousandths % 1000).substring(1);
  }

  private static @Nullable Long bidder(Event event) {
    return event.bid() == null ? null : Long.valueOf(event.bid().bidder());
  }

  private static @Nullable Arrival arrival(Event event) {
    if (event.person() != null) {
      return new Arrival(event.person().id(), event.person().name());
    }
    return event.auction() == null ? null : new Arrival(event.auction().seller(), null);
  }

  private static @Nullable Offer offer(Event event) {
    if (event.person() != null && STATES.contains(event.person().state())) {
      String who = line(event.person().name(), event.person().city(), event.person().state());
      return new Offer(event.person().id(), who, 0);
    }
    return event.auction() == null || event.auction().category() != CATEGORY
        ? null
        : new Offer(event.auction().seller(), null, event.auction().id());
  }

  private static KeyedSteps.Step<Offers> match(@Nullable Offers before, Offer offer) {
    Offers offers = before == null ? Offers.NONE : before;
    String who = offer.who();
    if (who != null) {
      return new KeyedSteps.Step<>(
          new Offers(who, List.of()),
          offers.waiting().stream().map(auction -> line(who, auction)).toList());
    }
    return offers.who() == null
        ? new KeyedSteps.Step<>(offers.waitingFor(offer.auction()), List.of())
        : new KeyedSteps.Step<>(offers, List.of(line(offers.who(), offer.auction())));
  }

  /** A function of a bid that can be sent to where an engine runs it. */
  private interface Result extends Serializable {

    @Nullable String of(Bid bid);
  }
}
