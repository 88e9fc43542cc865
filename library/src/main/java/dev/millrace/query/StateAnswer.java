package dev.millrace.query;

import java.util.Optional;

/**
 * The value of a key in a committed state.
 *
 * <p><b>Threads.</b> Immutable, as far as the value is.
 *
 * @param <V> the store's values
 * @param value the value; empty if the key has none
 * @param position the state that it is of; for a key that none of several tasks has, the state of
 *     one of them
 */
public record StateAnswer<V>(Optional<V> value, StatePosition position) {}
