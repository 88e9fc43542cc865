package dev.millrace.sidebyside.nexmark;

/**
 * Someone who has come to the auction house, to sell or to bid.
 *
 * @param dateTime when, in milliseconds since the epoch
 * @param extra anything, so that it has the size that it should
 */
public record Person(
    long id,
    String name,
    String emailAddress,
    String creditCard,
    String city,
    String state,
    long dateTime,
    String extra) {}
