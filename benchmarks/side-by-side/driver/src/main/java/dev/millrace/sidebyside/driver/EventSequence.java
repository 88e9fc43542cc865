package dev.millrace.sidebyside.driver;

import dev.millrace.sidebyside.nexmark.Auction;
import dev.millrace.sidebyside.nexmark.Bid;
import dev.millrace.sidebyside.nexmark.Event;
import dev.millrace.sidebyside.nexmark.Person;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * The events of Nexmark by their number: of fifty in a row the first is a person, the next three
 * are auctions, and the others bids.
 *
 * <p>Half of the bids are on one auction of a hundred, and three quarters are by one bidder of a
 * hundred persons, as three quarters of the auctions are by one seller; others are spread over the
 * auctions and persons that are new at the time, among them a few that are still to come.
 *
 * <p>What is random in an event comes from a seed and its number, so that each can be computed by
 * itself.
 *
 * <p><b>Threads.</b> Immutable.
 */
final class EventSequence {

  private static final int ROUND = 50;
  private static final int PERSONS = 1;
  private static final int AUCTIONS = 3;

  private static final long FIRST_ID = 1000;
  private static final long FIRST_CATEGORY = 10;
  private static final int CATEGORIES = 5;

  /** So many persons, the newest, do something. */
  private static final long ACTIVE_PERSONS = 1000;

  /** So many auctions, the newest, get bids. */
  private static final long OPEN_AUCTIONS = 100;

  /** So many persons and auctions are referred to before they come. */
  private static final long LEAD = 10;

  /** One of so many persons and auctions gets much of all. */
  private static final long HOT_SPACING = 100;

  /** As many as are text in an event of the size that it should have, on average. */
  private static final int PERSON_EXTRA = 100;

  private static final int AUCTION_EXTRA = 300;
  private static final int BID_EXTRA = 60;

  private static final String[] STATES = {"AZ", "CA", "ID", "OR", "WA", "WY"};
  private static final String[] CITIES = {
    "Phoenix",
    "Los Angeles",
    "San Francisco",
    "Boise",
    "Portland",
    "Bend",
    "Redmond",
    "Seattle",
    "Kent",
    "Cheyenne"
  };
  private static final String[] FIRST_NAMES = {
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"
  };
  private static final String[] LAST_NAMES = {
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"
  };
  private static final String[] CHANNELS = {"Google", "Facebook", "Baidu", "Apple"};
  private static final int OTHER_CHANNELS = 10_000;

  private final long seed;
  private final long startMs;
  private final int rate;

  /**
   * Creates a sequence.
   *
   * @param startMs the time of the first event, in milliseconds since the epoch
   * @param rate events per second of event time
   */
  EventSequence(long seed, long startMs, int rate) {
    this.seed = seed;
    this.startMs = startMs;
    this.rate = rate;
  }

  /** {@return the time of an event, in milliseconds since the epoch} */
  long timeMs(long number) {
    return startMs + number * 1000 / rate;
  }

  /** {@return an event by its number, from 0} */
  Event event(long number) {
    SplittableRandom random = new SplittableRandom(mixed(seed ^ mixed(number)));
    int place = (int) (number % ROUND);
    if (place < PERSONS) {
      return new Event(person(number, random), null, null);
    }
    return place < PERSONS + AUCTIONS
        ? new Event(null, auction(number, random), null)
        : new Event(null, null, bid(number, random));
  }

  private Person person(long number, SplittableRandom random) {
    String name = any(FIRST_NAMES, random) + " " + any(LAST_NAMES, random);
    return new Person(
        lastPerson(number) + FIRST_ID,
        name,
        text(random, 7) + "@" + text(random, 5) + ".com",
        creditCard(random),
        any(CITIES, random),
        any(STATES, random),
        timeMs(number),
        extra(random, PERSON_EXTRA));
  }

  private Auction auction(long number, SplittableRandom random) {
    long lastPerson = lastPerson(number);
    long seller =
        random.nextInt(4) > 0
            ? lastPerson / HOT_SPACING * HOT_SPACING
            : activePerson(lastPerson, random);
    long initialBid = price(random);
    // As long as it takes for so many auctions to be opened, on average.
    long lastsMs = timeMs(number + OPEN_AUCTIONS * ROUND / AUCTIONS) - timeMs(number);
    return new Auction(
        lastAuction(number) + FIRST_ID,
        text(random, 20),
        text(random, 100),
        initialBid,
        initialBid + price(random),
        timeMs(number),
        timeMs(number) + 1 + random.nextLong(Math.max(1, 2 * lastsMs)),
        seller + FIRST_ID,
        FIRST_CATEGORY + random.nextInt(CATEGORIES),
        extra(random, AUCTION_EXTRA));
  }

  private Bid bid(long number, SplittableRandom random) {
    long lastAuction = lastAuction(number);
    long oldestOpen = Math.max(0, lastAuction - OPEN_AUCTIONS);
    long auction =
        random.nextInt(2) > 0
            ? lastAuction / HOT_SPACING * HOT_SPACING
            : random.nextLong(oldestOpen, lastAuction + 1 + LEAD);
    long lastPerson = lastPerson(number);
    long bidder =
        random.nextInt(4) > 0
            ? lastPerson / HOT_SPACING * HOT_SPACING + 1
            : activePerson(lastPerson, random);
    String channel =
        random.nextInt(2) > 0 ? any(CHANNELS, random) : "channel-" + random.nextInt(OTHER_CHANNELS);
    String item = "https://www.nexmark.com/" + text(random, 5) + "/item.htm?query=1";
    return new Bid(
        auction + FIRST_ID,
        bidder + FIRST_ID,
        price(random),
        channel,
        random.nextInt(10) > 0 ? item + "&channel_id=" + random.nextInt(OTHER_CHANNELS) : item,
        timeMs(number),
        extra(random, BID_EXTRA));
  }

  /** How many persons came before an event's, or before it, less one. */
  private static long lastPerson(long number) {
    return number / ROUND;
  }

  /** How many auctions were opened up to an event, less one. */
  private static long lastAuction(long number) {
    long before = number / ROUND * AUCTIONS - 1;
    return before + Math.max(0, Math.min(AUCTIONS, number % ROUND - PERSONS + 1));
  }

  /** One of the active persons, or one that comes soon. */
  private static long activePerson(long lastPerson, SplittableRandom random) {
    long persons = lastPerson + 1;
    long active = Math.min(persons, ACTIVE_PERSONS);
    return persons - active + random.nextLong(active + LEAD);
  }

  /** In cents; each power of ten is as frequent as another. */
  private static long price(SplittableRandom random) {
    return Math.round(100 * Math.pow(10, 6 * random.nextDouble()));
  }

  private static String creditCard(SplittableRandom random) {
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      digits.append(i == 0 ? "" : " ").append(1000 + random.nextInt(9000));
    }
    return digits.toString();
  }

  private static String any(String[] words, SplittableRandom random) {
    return words[random.nextInt(words.length)];
  }

  /** Within a fifth of a length. */
  private static String extra(SplittableRandom random, int length) {
    return text(random, length * 4 / 5 + random.nextInt(length * 2 / 5));
  }

  /** Small letters. */
  private static String text(SplittableRandom random, int length) {
    byte[] letters = new byte[length];
    long bits = 0;
    for (int i = 0; i < length; i++) {
      // Thirteen letters of 26 in 64 bits: few calls, for all that is text.
      bits = i % 13 == 0 ? random.nextLong() >>> 1 : bits / 26;
      letters[i] = (byte) ('a' + bits % 26);
    }
    return new String(letters, StandardCharsets.US_ASCII);
  }

  /** Numbers in a row give seeds that have nothing in common. */
  private static long mixed(long number) {
    long mixed = (number ^ number >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ mixed >>> 33;
  }
}
