package dev.millrace.sidebyside.nexmark;

import org.jspecify.annotations.Nullable;

/**
 * A person, or an auction.
 *
 * @param seller the person's id, or that of the auction's seller
 * @param who the person; null for an auction
 * @param auction the auction's id; 0 for a person
 */
public record Offer(long seller, @Nullable String who, long auction) {}
