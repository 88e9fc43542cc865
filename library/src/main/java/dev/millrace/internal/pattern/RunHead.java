package dev.millrace.internal.pattern;

import java.util.List;

/**
 * The summary of a key's runs.
 *
 * @param nextEvent the number of the next event
 * @param nextRun the number of the next run
 * @param newest if the event before has made runs to which it matters what comes right after it,
 *     the number that theirs are greater than, or else {@link #NONE_NEW}
 * @param waiting how many matches wait to be emitted
 * @param events how many events are kept
 * @param firstWaiting the start of the match that has started first of those that wait, or {@link
 *     #NO_START}
 * @param earlier how many runs with open edges have started earlier, which it waits for
 * @param live how many runs with open edges there are at each place; places at the end that have
 *     none may be missing
 */
public record RunHead(
    long nextEvent,
    long nextRun,
    long newest,
    int waiting,
    int events,
    long firstWaiting,
    int earlier,
    List<Integer> live) {

  /** In {@code newest}: there are no such runs. */
  public static final long NONE_NEW = 0;

  /** In {@code firstWaiting}: no match waits. */
  public static final long NO_START = -1;

  /** The head of a key without runs; not kept. */
  public static final RunHead NONE = new RunHead(0, 1, NONE_NEW, 0, 0, NO_START, 0, List.of());
}
