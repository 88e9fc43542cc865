package dev.millrace.internal.plan;

import dev.millrace.internal.plan.ShuffleEdge.Granularity;
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
}
