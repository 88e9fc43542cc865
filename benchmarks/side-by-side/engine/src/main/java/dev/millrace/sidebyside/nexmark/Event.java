package dev.millrace.sidebyside.nexmark;

import org.jspecify.annotations.Nullable;

/** An event: one of three kinds, and null for the others. */
public record Event(@Nullable Person person, @Nullable Auction auction, @Nullable Bid bid) {

  /** {@return when it happened, in milliseconds since the epoch} */
  public long timeMs() {
    if (bid != null) {
      return bid.dateTime();
    }
    if (auction != null) {
      return auction.dateTime();
    }
    return person == null ? 0 : person.dateTime();
  }
}
