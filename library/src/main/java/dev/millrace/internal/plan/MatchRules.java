package dev.millrace.internal.plan;

import dev.millrace.internal.pattern.RunLimit;
import dev.millrace.output.OutputTag;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How a stream is matched with a pattern.
 *
 * @param late where late records go, besides being counted
 * @param unfinished where partial matches go that will not become matches
 * @param order the order of events of a key with equal times; empty if it is that of their arrival
 * @param limit how many partial matches a key may have
 * @param processingTime whether time is that of the machine, although the stream has watermarks
 */
public record MatchRules(
    Optional<OutputTag<?>> late,
    Optional<OutputTag<?>> unfinished,
    Optional<Comparator<?>> order,
    RunLimit limit,
    boolean processingTime) {

  /** The most partial matches of a key, unless the program says something else. */
  public static final int MAX_RUNS = 100_000;

  /** What holds if the program says nothing. */
  public static final MatchRules DEFAULT =
      new MatchRules(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          new RunLimit(MAX_RUNS, RunLimit.Overflow.FAIL),
          false);

  /** {@return the same with late records going to a side output} */
  public MatchRules lateTo(OutputTag<?> tag) {
    return new MatchRules(Optional.of(tag), unfinished, order, limit, processingTime);
  }

  /** {@return the same with unfinished matches going to a side output} */
  public MatchRules unfinishedTo(OutputTag<?> tag) {
    return new MatchRules(late, Optional.of(tag), order, limit, processingTime);
  }

  /** {@return the same with an order of events with equal times} */
  public MatchRules ordered(Comparator<?> comparator) {
    return new MatchRules(late, unfinished, Optional.of(comparator), limit, processingTime);
  }

  /** {@return the same with another limit} */
  public MatchRules limited(RunLimit other) {
    return new MatchRules(late, unfinished, order, other, processingTime);
  }

  /** {@return the same in processing time} */
  public MatchRules inProcessingTime() {
    return new MatchRules(late, unfinished, order, limit, true);
  }

  /** {@return the side outputs} */
  public List<OutputTag<?>> sideOutputs() {
    return Stream.concat(late.stream(), unfinished.stream()).<OutputTag<?>>map(tag -> tag).toList();
  }
}
