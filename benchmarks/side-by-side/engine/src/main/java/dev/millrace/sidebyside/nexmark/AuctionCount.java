package dev.millrace.sidebyside.nexmark;

/**
 * The number of bids that an auction had in a window.
 *
 * @param windowEndMs the end of the window, in milliseconds since the epoch
 */
public record AuctionCount(long windowEndMs, long auction, long count) {}
