package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.Optional;

/**
 * A topic of frames between two stages.
 *
 * @param topic the internal topic
 * @param from the writing stage
 * @param to the reading stage
 * @param key how values are distributed; empty for an even spread
 * @param keyType the type of the keys; {@code Void} for an even spread
 * @param valueType the type of the values
 * @param domain which time the entries' times are in
 * @param combiner the aggregate whose partial results may travel instead of the values
 * @param granularityMs watermarks matter downstream only in multiples of this (event time,
 *     processing time); {@link Long#MAX_VALUE} where they do not matter at all
 * @param errors the policy for records whose key function fails
 */
public record ShuffleEdge(
    String topic,
    String from,
    String to,
    Optional<KeyFunction<?, ?>> key,
    Type keyType,
    Type valueType,
    TimeDomain domain,
    Optional<CombinerPlan> combiner,
    Granularity granularityMs,
    ErrorPolicy errors) {

  /**
   * The precision that watermarks need.
   *
   * @param eventMs for event time, in milliseconds
   * @param processingMs for processing time, in milliseconds
   */
  public record Granularity(long eventMs, long processingMs) {

    private static final long NEVER = Long.MAX_VALUE;

    /** Watermarks do not matter. */
    public static final Granularity NONE = new Granularity(NEVER, NEVER);

    /** {@return that of bounds in event time only, in milliseconds} */
    public static Granularity ofEvents(long boundsMs) {
      return new Granularity(boundsMs, NEVER);
    }

    /** {@return that of bounds in processing time only, in milliseconds} */
    public static Granularity ofClock(long boundsMs) {
      return new Granularity(NEVER, boundsMs);
    }

    /** {@return the precision that serves both: the greatest common divisors} */
    public Granularity and(Granularity other) {
      return new Granularity(
          common(eventMs, other.eventMs), common(processingMs, other.processingMs));
    }

    private static long common(long a, long b) {
      if (a == NEVER) {
        return b;
      }
      if (b == NEVER) {
        return a;
      }
      return b == 0 ? a : common(b, a % b);
    }
  }

  /**
   * The sending half of a two-phase aggregate.
   *
   * @param step the name of the aggregate's step
   * @param fold the aggregate
   * @param window partial results are kept apart by this window's slices or sessions; empty where
   *     time does not matter
   * @param errors what becomes of records on which the aggregate fails
   * @param active whether partial results are sent; those already in the topic are read in any case
   */
  public record CombinerPlan(
      String step, Fold fold, Optional<WindowKind> window, ErrorPolicy errors, boolean active) {}

  /** {@return the same edge with another granularity} */
  public ShuffleEdge withGranularity(Granularity granularity) {
    return new ShuffleEdge(
        topic, from, to, key, keyType, valueType, domain, combiner, granularity, errors);
  }
}
