package dev.millrace.examples.fraud;

import java.time.Instant;

/**
 * A payment by card.
 *
 * @param card which card
 * @param timeMs when, in milliseconds since the epoch
 * @param cents how much
 * @param country where
 */
record Payment(String card, long timeMs, long cents, String country) {

  Instant at() {
    return Instant.ofEpochMilli(timeMs);
  }

  /** {@return whether it is as small as payments by which a stolen card is tried out} */
  boolean isProbe() {
    return cents < 200;
  }

  /** {@return whether it is as large as one that a thief is after} */
  boolean isLarge() {
    return cents >= 50_000;
  }
}
