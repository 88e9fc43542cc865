package dev.millrace.internal.fold;

import org.jspecify.annotations.Nullable;

/**
 * A value that replaces the one before it where it arrives. Where it cannot be sent, that one must
 * not stay: a stale row would be worse than none.
 */
public interface Replacement {

  /**
   * {@return what is sent instead of a value that cannot be: that there is nothing; null if that is
   * what the value stands for}
   */
  @Nullable Object withoutRow();
}
