package dev.millrace.internal.plan;

import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/** A join of two streams by key within bounds of time. */
public record StageStreamJoin(KeyedOperation.StreamJoin join, Type keyType)
    implements StageOperator.Keyed {

  /** The suffix of the store with a row for each key that records wait for. */
  public static final String HEADS = "keys";

  /** The suffix of the store with the times at which records of a key go. */
  public static final String EXPIRIES = "expiries";

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
        new StoreSpec(HEADS, JoinHead.class),
        new StoreSpec(EXPIRIES, Boolean.class),
        new StoreSpec(ARRIVALS, Long.class),
        new StoreSpec(LEFT, rowType(join.leftType(), join.kind().keepsLeft())),
        new StoreSpec(RIGHT, rowType(join.rightType(), join.kind().keepsRight())));
  }

  private static Type rowType(Type value, boolean isKept) {
    return isKept ? Types.parameterized(JoinRow.class, value) : value;
  }

  /** Rows that wait are found again by the bounds, also those of expiries. */
  @Override
  public String describeState() {
    return describe() + " by " + keyType.getTypeName();
  }

  /** Records may have to go at any millisecond. */
  @Override
  public Granularity granularity() {
    return Granularity.ofEvents(1);
  }

  /** What has no match may be that much older than what makes this certain. */
  @Override
  public long holdsBackMs() {
    long left = join.kind().keepsLeft() ? join.bounds().leftDelayMs() : 0;
    long right = join.kind().keepsRight() ? join.bounds().rightDelayMs() : 0;
    return Math.max(left, right);
  }

  @Override
  public Optional<String> boundToEnd() {
    return Optional.of(
        "has dropped its records at the end of the input, so that new ones could not be joined"
            + " with them");
  }

  @Override
  public String describe() {
    return "join " + join.kind().verb() + ", " + join.bounds().describe();
  }
}
