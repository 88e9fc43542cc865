package dev.millrace.internal.runtime;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The letters that other threads have handed to a worker and that it has not read yet.
 *
 * <p>A worker that finds it empty has read one field. Letters are a chain from the newest to the
 * oldest, so that neither side ever waits for the other.
 *
 * <p><b>Threads.</b> {@link #post} is safe for any thread; all else is confined to the worker.
 */
final class Mailbox<T> {

  /**
   * More than callers that wait for their answers would ever send; a worker may be away for long.
   */
  static final int MOST = 4_096;

  /** Known by its identity. */
  private static final class Letter<T> {
    private final @Nullable T content;
    private final @Nullable Letter<T> before;
    private final int number;

    Letter(@Nullable T content, @Nullable Letter<T> before, int number) {
      this.content = content;
      this.before = before;
      this.number = number;
    }
  }

  /** The outcome of an attempt to post a letter. */
  enum Posted {
    TAKEN,
    FULL,
    CLOSED
  }

  private final Letter<T> closed = new Letter<>(null, null, 0);
  private final AtomicReference<@Nullable Letter<T>> newest = new AtomicReference<>();

  /** Hands over a letter. */
  Posted post(T content) {
    while (true) {
      Letter<T> before = newest.get();
      if (before == closed) {
        return Posted.CLOSED;
      }
      int number = before == null ? 1 : before.number + 1;
      if (number > MOST) {
        return Posted.FULL;
      }
      if (newest.compareAndSet(before, new Letter<>(content, before, number))) {
        return Posted.TAKEN;
      }
    }
  }

  /** {@return whether there is nothing to take} */
  boolean isEmpty() {
    Letter<T> last = newest.get();
    return last == null || last == closed;
  }

  /** {@return what has come since the last time, in that order} */
  List<T> take() {
    return isEmpty() ? List.of() : contents(newest.getAndSet(null));
  }

  /** Takes no more; returns what was left. */
  List<T> close() {
    Letter<T> last = newest.getAndSet(closed);
    return last == closed ? List.of() : contents(last);
  }

  private static <T> List<T> contents(@Nullable Letter<T> last) {
    List<T> contents = new ArrayList<>();
    for (Letter<T> letter = last; letter != null; letter = letter.before) {
      T content = letter.content;
      if (content != null) {
        contents.add(content);
      }
    }
    Collections.reverse(contents);
    return contents;
  }
}
