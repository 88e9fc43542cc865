package dev.millrace.internal.plan;

import dev.millrace.internal.pattern.KeyLimit;
import dev.millrace.output.OutputTag;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The rules by which a stream is matched with a pattern.
 *
 * @param late where late records go, besides being counted
 * @param unfinished where partial matches go that will not become matches
 * @param order the order of events of a key with equal times; empty if it is that of their arrival
 * @param limit how many partial matches a key may have
 * @param buffer how many records a key may hold, waiting ones and those in partial matches
 * @param processingTime whether time is that of the machine, although the stream has watermarks
 */
public record MatchRules(
    Optional<OutputTag<?>> late,
    Optional<OutputTag<?>> unfinished,
    Optional<Comparator<?>> order,
    KeyLimit limit,
    Optional<KeyLimit> buffer,
    boolean processingTime) {

  /** The most partial matches of a key, unless the program sets another number. */
  public static final int MAX_RUNS = 100_000;

  /** The rules if the program sets none. */
  public static final MatchRules DEFAULT =
      new MatchRules(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          new KeyLimit(MAX_RUNS, KeyLimit.Overflow.FAIL),
          Optional.empty(),
          false);

  /** {@return the same with late records going to a side output} */
  public MatchRules lateTo(OutputTag<?> tag) {
    return new MatchRules(Optional.of(tag), unfinished, order, limit, buffer, processingTime);
  }

  /** {@return the same with unfinished matches going to a side output} */
  public MatchRules unfinishedTo(OutputTag<?> tag) {
    return new MatchRules(late, Optional.of(tag), order, limit, buffer, processingTime);
  }

  /** {@return the same with an order of events with equal times} */
  public MatchRules ordered(Comparator<?> comparator) {
    return new MatchRules(late, unfinished, Optional.of(comparator), limit, buffer, processingTime);
  }

  /** {@return the same with another limit} */
  public MatchRules limited(KeyLimit other) {
    return new MatchRules(late, unfinished, order, other, buffer, processingTime);
  }

  /** {@return the same with a limit to records that are held} */
  public MatchRules buffering(KeyLimit most) {
    return new MatchRules(late, unfinished, order, limit, Optional.of(most), processingTime);
  }

  /** {@return the same in processing time} */
  public MatchRules inProcessingTime() {
    return new MatchRules(late, unfinished, order, limit, buffer, true);
  }

  /** {@return the side outputs} */
  public List<OutputTag<?>> sideOutputs() {
    return Stream.concat(late.stream(), unfinished.stream()).<OutputTag<?>>map(tag -> tag).toList();
  }
}
