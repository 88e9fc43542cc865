package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;

/**
 * A bid on an item.
 *
 * @param auction the {@link Auction#id}, of one that may be opened later
 * @param bidder the {@link Person#id} of who made it
 * @param price in cents
 * @param dateTime when, in milliseconds since the epoch
 * @param extra anything, so that it has the size that it should
 */
public record Bid(
    long auction, long bidder, long price, String channel, String url, long dateTime, String extra)
    implements Serializable {}
