package dev.millrace.internal.handle;

/**
 * A row of state with a time-to-live.
 *
 * @param expiresAtMs from when on there is no value any more
 * @param indexedAtMs where the row stands in the {@link ExpiryIndex}, not later than that
 * @param value the value
 */
public record Expiring<V>(long expiresAtMs, long indexedAtMs, V value) {}
