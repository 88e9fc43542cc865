package dev.millrace.internal.plan;

import java.util.Optional;

/** An operator that has to do with a table that every instance has whole. */
public sealed interface BroadcastOperator extends StageOperator {

  /**
   * A join of the records of a stage with a table.
   *
   * @param lookup what the program wrote
   * @param table the table
   */
  record Lookup(BroadcastLookup lookup, Broadcast table) implements BroadcastOperator {

    @Override
    public Optional<Broadcast> looksUp() {
      return Optional.of(table);
    }

    /** What a record was joined with may have changed by the time that it is retracted. */
    @Override
    public boolean takesRetractions() {
      return false;
    }

    @Override
    public String describe() {
      return "broadcast-lookup " + lookup.kind().verb() + " of " + table.name();
    }
  }

  /**
   * A step that writes the rows of a table, in the stage's transaction, to where every instance
   * reads them.
   *
   * @param table the table
   */
  record Write(Broadcast table) implements BroadcastOperator {

    @Override
    public Optional<Broadcast> writes() {
      return Optional.of(table);
    }

    @Override
    public boolean readsBefore() {
      return false;
    }

    @Override
    public String describe() {
      return "broadcast to " + table.topic();
    }
  }
}
