package dev.millrace.internal.plan;

import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.type.Types;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/**
 * A co-group of two streams, or their join by sessions: the records of a key in a window are
 * brought together when the window is final.
 *
 * @param streams the co-group, or the join
 * @param window the windows of a co-group, or the sessions that records are joined in
 */
public record StageCoGroup(TwoStreams streams, WindowKind window, Type keyType)
    implements StageOperator.Keyed {

  /** The suffix of the store with a row for each key that has records. */
  public static final String HEADS = "keys";

  /** The suffix of the store with the times at which a key is due. */
  public static final String DUE = "due";

  /** The suffix of the store with the number of the next record. */
  public static final String ARRIVALS = "arrivals";

  /** The suffix of the store with the left records. */
  public static final String LEFT = "left";

  /** The suffix of the store with the right records. */
  public static final String RIGHT = "right";

  @Override
  public int inputs() {
    return 2;
  }

  @Override
  public List<StoreSpec> stores() {
    return List.of(
        new StoreSpec(HEADS, CoGroupHead.class),
        new StoreSpec(DUE, Boolean.class),
        new StoreSpec(ARRIVALS, Long.class),
        new StoreSpec(LEFT, rowType(streams.leftType())),
        new StoreSpec(RIGHT, rowType(streams.rightType())));
  }

  private Type rowType(Type value) {
    return keepsPairs() ? Types.parameterized(JoinRow.class, value) : value;
  }

  private boolean keepsPairs() {
    return streams instanceof KeyedOperation.StreamJoin;
  }

  /** Records are those of a window by its kind, also for a key that is due already. */
  @Override
  public String describeState() {
    return (keepsPairs() ? "pairs" : "coGroup")
        + " in "
        + window.describe()
        + " by "
        + keyType.getTypeName();
  }

  /** The common divisor of the windows' bounds. */
  @Override
  public Granularity granularity() {
    return Granularity.ofEvents(Slicing.of(window).map(Slicing::granularityMs).orElse(1L));
  }

  /** One for sessions, which close when time is past their end. */
  @Override
  public long holdsBackMs() {
    return window instanceof WindowKind.Session ? 1 : 0;
  }

  @Override
  public Optional<String> boundToEnd() {
    return Optional.of(
        "has emitted its windows at the end of the input, so that new records could not be added"
            + " to them");
  }

  @Override
  public String describe() {
    return streams instanceof KeyedOperation.StreamJoin join
        ? "join " + join.kind().verb() + ", both in " + window.describe()
        : "coGroup in " + window.describe();
  }
}
