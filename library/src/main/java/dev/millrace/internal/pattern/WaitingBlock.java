package dev.millrace.internal.pattern;

import java.util.List;

/**
 * Events that wait for the watermark, in the order of their turns; at least one.
 *
 * <p>They are a row together: one for each of them would be written, read and deleted for a wait
 * that is over within a second, mostly.
 */
public record WaitingBlock<T>(List<WaitingEvent<T>> events) {

  /** Copies the list. */
  public WaitingBlock {
    events = List.copyOf(events);
  }
}
