package dev.millrace.internal.pattern;

import java.util.List;

/**
 * What is known of all runs of a key.
 *
 * @param nextEvent the number of the next event
 * @param nextRun the number of the next run
 * @param waiting how many matches wait to be emitted
 * @param events how many events are kept
 * @param live how many runs with open edges there are at each place; places at the end that have
 *     none may be missing
 */
public record RunHead(long nextEvent, long nextRun, int waiting, int events, List<Integer> live) {

  /** The head of a key without runs; not kept. */
  public static final RunHead NONE = new RunHead(0, 1, 0, 0, List.of());
}
