package dev.millrace.window;

/**
 * A key in one of its windows: the key of a table of revisable window results.
 *
 * <p><b>Threads.</b> Immutable, as far as the key is.
 *
 * @param key the key
 * @param window the window
 */
public record Windowed<K>(K key, Window window) {}
