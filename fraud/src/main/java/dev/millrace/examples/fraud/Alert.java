package dev.millrace.examples.fraud;

import dev.millrace.pattern.Match;

/**
 * An alert about payments that look like fraud.
 *
 * @param card the card
 * @param startMs when it was tried out first, in milliseconds since the epoch
 * @param endMs when the large payment was
 * @param probes how often it was tried out
 * @param cents the large payment
 * @param from where it was tried out
 * @param to where the large payment was
 */
record Alert(
    String card, long startMs, long endMs, int probes, long cents, String from, String to) {

  static Alert of(Match<Payment> match) {
    Payment probe = match.first(FraudJob.PROBE);
    Payment large = match.first(FraudJob.LARGE);
    return new Alert(
        large.card(),
        probe.timeMs(),
        large.timeMs(),
        match.count(FraudJob.PROBE),
        large.cents(),
        probe.country(),
        large.country());
  }
}
