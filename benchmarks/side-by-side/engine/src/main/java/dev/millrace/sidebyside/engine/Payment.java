package dev.millrace.sidebyside.engine;

import java.io.Serializable;

/**
 * A payment by card.
 *
 * @param card which card
 * @param timeMs when, in milliseconds since the epoch
 * @param cents how much
 * @param country where
 */
public record Payment(String card, long timeMs, long cents, String country)
    implements Serializable {}
