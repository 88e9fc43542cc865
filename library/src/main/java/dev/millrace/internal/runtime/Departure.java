package dev.millrace.internal.runtime;

import org.jspecify.annotations.Nullable;

/** The departure of all workers of an instance from their groups, which they make together. */
@FunctionalInterface
public interface Departure {

  /**
   * Returns when the worker is no member of its group any more, or when waiting is of no use.
   *
   * @param failure what stopped the worker, if it was not asked to stop: the others do not know of
   *     it
   */
  void awaitDeparture(@Nullable Throwable failure);
}
