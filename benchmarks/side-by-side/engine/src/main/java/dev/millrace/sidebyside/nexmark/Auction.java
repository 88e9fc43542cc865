package dev.millrace.sidebyside.nexmark;

/**
 * An item that is for sale.
 *
 * @param initialBid the lowest bid there can be, in cents
 * @param reserve the price below which it is not sold
 * @param dateTime when it was opened, in milliseconds since the epoch
 * @param expires when it closes
 * @param seller the {@link Person#id} of its seller, who may come later
 * @param extra anything, so that it has the size that it should
 */
public record Auction(
    long id,
    String itemName,
    String description,
    long initialBid,
    long reserve,
    long dateTime,
    long expires,
    long seller,
    long category,
    String extra) {}
