package dev.millrace.sidebyside.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.sidebyside.engine.Query;
import dev.millrace.sidebyside.nexmark.Auction;
import dev.millrace.sidebyside.nexmark.Bid;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.Person;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OracleTest {

  @Test
  void q0PassesBidsOn() {
    assertThat(results(Query.Q0, person(1, 0, "OR"), bid(7, 8, 100, 5)))
        .containsExactly("7,8,100,5,x");
  }

  @Test
  void q1ConvertsPricesExactly() {
    assertThat(results(Query.Q1, bid(7, 8, 1, 5), bid(7, 8, 250, 6)))
        .containsExactly("7,8,0.908,5,x", "7,8,227.000,6,x");
  }

  @Test
  void q2SelectsAuctions() {
    assertThat(results(Query.Q2, bid(246, 8, 100, 0), bid(247, 8, 100, 0)))
        .containsExactly("246,100");
  }

  @Test
  void q3JoinsWhicheverComesFirst() {
    assertThat(
            results(
                Query.Q3,
                auction(70, 1, 10, 0),
                auction(71, 1, 10, 1),
                auction(72, 1, 11, 1),
                person(1, 2, "OR"),
                auction(73, 1, 10, 3),
                person(2, 4, "WA"),
                auction(74, 2, 10, 5)))
        .containsExactly("name1,city,OR,70", "name1,city,OR,71", "name1,city,OR,73");
  }

  @Test
  void q5HasAllAuctionsWithTheMostBidsOfEachWindow() {
    assertThat(
            results(
                Query.Q5,
                bid(1, 0, 1, 1_000),
                bid(2, 0, 1, 1_999),
                bid(2, 0, 1, 2_000),
                bid(3, 0, 1, 12_000)))
        .containsExactlyInAnyOrder(
            "2000,1,1",
            "2000,2,1",
            "4000,2,2",
            "6000,2,2",
            "8000,2,2",
            "10000,2,2",
            "12000,2,1",
            "14000,3,1",
            "16000,3,1",
            "18000,3,1",
            "20000,3,1",
            "22000,3,1");
  }

  @Test
  void q7HasAllBidsOfTheHighestPrice() {
    assertThat(
            results(
                Query.Q7,
                bid(1, 5, 10, 0),
                bid(2, 6, 30, 1),
                bid(3, 7, 30, 9_999),
                bid(4, 8, 20, 10_000)))
        .containsExactly("10000,2,6,30,1,x", "10000,3,7,30,9999,x", "20000,4,8,20,10000,x");
  }

  @Test
  void q8HasPersonsWhoSoldInTheWindowInWhichTheyCame() {
    assertThat(
            results(
                Query.Q8,
                auction(70, 1, 10, 0),
                person(1, 9_998, "WA"),
                auction(71, 1, 10, 9_999),
                person(2, 9_999, "WA"),
                auction(72, 2, 10, 10_000),
                auction(73, 3, 10, 10_001)))
        .containsExactly("10000,1,name1,0");
  }

  @Test
  void q11CountsUntilThereIsAPause() {
    assertThat(
            results(
                Query.Q11,
                bid(1, 5, 1, 0),
                bid(1, 6, 1, 0),
                bid(1, 5, 1, 10_000),
                bid(1, 5, 1, 20_001)))
        .containsExactlyInAnyOrder("20000,5,2,0", "30001,5,1,20001", "10000,6,1,0");
  }

  @Test
  void q12CountsAll() {
    assertThat(results(Query.Q12, bid(1, 5, 1, 0), bid(1, 6, 1, 0), bid(1, 5, 1, 10_000)))
        .containsExactlyInAnyOrder("5,2", "6,1");
  }

  private static List<String> results(Query query, Event... events) {
    List<String> results = new ArrayList<>();
    Oracle.run(query, number -> events[(int) number], events.length, results::add);
    return results;
  }

  private static Event person(long id, long timeMs, String state) {
    return new Event(
        new Person(id, "name" + id, "mail", "card", "city", state, timeMs, "x"), null, null);
  }

  private static Event auction(long id, long seller, long category, long timeMs) {
    return new Event(
        null,
        new Auction(id, "item", "text", 1, 2, timeMs, timeMs + 1, seller, category, "x"),
        null);
  }

  private static Event bid(long auction, long bidder, long price, long timeMs) {
    return new Event(null, null, new Bid(auction, bidder, price, "channel", "url", timeMs, "x"));
  }
}
