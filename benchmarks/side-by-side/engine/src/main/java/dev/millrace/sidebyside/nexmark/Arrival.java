package dev.millrace.sidebyside.nexmark;

import org.jspecify.annotations.Nullable;

/**
 * A person has come, or has opened an auction.
 *
 * @param id the person's
 * @param name the person's name; null for an auction
 */
public record Arrival(long id, @Nullable String name) {}
