package dev.millrace.query;

import dev.millrace.window.Window;
import java.util.Optional;

/**
 * A row of a committed state.
 *
 * <p><b>Threads.</b> Immutable, as far as key and value are.
 *
 * @param <K> the store's keys
 * @param <V> the store's values
 * @param key the key
 * @param window the window, in stores that have some
 * @param value the value
 */
public record StateRow<K, V>(K key, Optional<Window> window, V value) {}
