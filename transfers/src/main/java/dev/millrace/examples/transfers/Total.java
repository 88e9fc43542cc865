package dev.millrace.examples.transfers;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The money in all accounts, as the records of their topic have it: the newest of an account
 * counts.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Total {

  private static final Pattern BALANCE = Pattern.compile("\"balance\":(-?[0-9]+)");

  private final long capital;
  private final Map<String, Long> balances = new HashMap<>();
  private long moved;
  private long postings;
  private long looks;
  private long wrongLooks;

  /**
   * Creates the total of accounts in which nothing has moved.
   *
   * @param capital the money that was in all of them at their opening
   */
  Total(long capital) {
    this.capital = capital;
  }

  /** Takes a record of the topic. */
  void take(String account, String balance) {
    Matcher matcher = BALANCE.matcher(balance);
    if (!matcher.find()) {
      throw new IllegalArgumentException("This is no balance: " + balance);
    }
    long now = Long.parseLong(matcher.group(1));
    Long before = balances.put(account, now);
    moved += now - (before == null ? 0 : before);
    postings++;
  }

  /** Notes that somebody has looked at it. */
  void look() {
    looks++;
    if (moved != 0) {
      wrongLooks++;
    }
  }

  /** {@return whether money has moved, and it was never more or less than at the opening} */
  boolean hasNeverChanged() {
    return wrongLooks == 0 && moved == 0 && postings > 0;
  }

  /** {@return the total in one line} */
  String line() {
    return String.format(
        Locale.ROOT,
        "total %,11d  %-14s %,9d postings",
        capital + moved,
        moved == 0 ? "" : String.format(Locale.ROOT, "(%+,d)", moved),
        postings);
  }

  /** {@return what all looks came to} */
  String verdict() {
    if (hasNeverChanged()) {
      return String.format(
          Locale.ROOT,
          "the total was %,d each of the %,d times that it was looked at, over %,d postings",
          capital,
          looks,
          postings);
    }
    return postings == 0
        ? "nothing was booked"
        : String.format(
            Locale.ROOT,
            "the total was another than %,d %,d of the %,d times that it was looked at; in the end"
                + " it is %,d (%+,d)",
            capital,
            wrongLooks,
            looks,
            capital + moved,
            moved);
  }
}
