package dev.millrace.window;

/**
 * The final result of one key in one window. Its event time is the window's end minus 1 ms; that of
 * a pane which a deadline completes is the watermark, if that is later.
 *
 * <p><b>Threads.</b> Immutable, as far as key and value are.
 *
 * @param key the key
 * @param window the window
 * @param value the aggregate over the records of that key in that window
 */
public record WindowResult<K, T>(K key, Window window, T value) {}
