package dev.millrace.internal.plan;

import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;

/** An operator that joins a stream with a table by key. */
public sealed interface LookupOperator extends StageOperator.Keyed {

  /** {@return what the program wrote} */
  TableLookup lookup();

  @Override
  default int inputs() {
    return 2;
  }

  @Override
  default boolean goesByTimeOf(int input) {
    return lookup().goesByTimeOf(input);
  }

  @Override
  default long holdsBackMs() {
    return 0;
  }

  /** A join with the rows that the table has when a record is processed. */
  record AsOfNow(TableLookup.AsOfNow lookup, Type keyType) implements LookupOperator {
    @Override
    public List<StoreSpec> stores() {
      return List.of(new StoreSpec("", lookup.rowType()));
    }

    @Override
    public StateForm formOf(StoreSpec store) {
      return new StateForm.Rows(lookup.rowType());
    }

    @Override
    public String describeState() {
      return "rows as of now by " + keyType.getTypeName();
    }

    @Override
    public Granularity granularity() {
      return Granularity.NONE;
    }

    @Override
    public Optional<String> boundToEnd() {
      return Optional.empty();
    }

    @Override
    public String describe() {
      return "lookup " + lookup.kind().verb() + ", as of now";
    }
  }

  /** A join with the rows that the table had at the event times of the records. */
  record AsOfEventTime(TableLookup.AsOfEventTime lookup, Type keyType) implements LookupOperator {

    /** The suffix of the store with a row for each key that has anything. */
    public static final String HEADS = "keys";

    /** The suffix of the store with the times at which something of a key goes. */
    public static final String EXPIRIES = "expiries";

    /** The suffix of the store with the number of the next record. */
    public static final String ARRIVALS = "arrivals";

    /** The suffix of the store with the records that wait. */
    public static final String STREAM = "stream";

    /** The suffix of the store with the versions of the table's rows. */
    public static final String VERSIONS = "versions";

    @Override
    public List<StoreSpec> stores() {
      return List.of(
          new StoreSpec(HEADS, VersionsHead.class),
          new StoreSpec(EXPIRIES, Boolean.class),
          new StoreSpec(ARRIVALS, Long.class),
          new StoreSpec(STREAM, Types.parameterized(JoinRow.class, lookup.streamType())),
          new StoreSpec(VERSIONS, Types.parameterized(Upserted.class, lookup.rowType())));
    }

    @Override
    public String describeState() {
      return "versions by " + keyType.getTypeName();
    }

    /** Records are of any millisecond. */
    @Override
    public Granularity granularity() {
      return Granularity.ofEvents(1);
    }

    @Override
    public Optional<String> boundToEnd() {
      return Optional.of(
          "has joined its records at the end of the input, so that new ones would be late");
    }

    @Override
    public String describe() {
      return "temporal lookup " + lookup.kind().verb() + ", as of event time";
    }
  }
}
