package dev.millrace.internal.handle;

/**
 * A row of state with a time-to-live.
 *
 * @param expiresAtMs the time from which on the value counts as deleted
 * @param indexedAtMs the time under which the {@link ExpiryIndex} has the row, not later than
 *     {@code expiresAtMs}
 * @param value the value
 */
public record Expiring<V>(long expiresAtMs, long indexedAtMs, V value) {}
