package dev.millrace.internal.plan;

import dev.millrace.function.KeyFunction;
import dev.millrace.function.RowFilter;
import dev.millrace.function.RowFunction;
import java.util.Optional;

/**
 * A step on a table, which gets both sides of each change of a row at once ({@code
 * internal.table.Revision}).
 */
public sealed interface TableStep extends StatelessOperation {

  /** Retractions are of records; a change of a row has its old side with it. */
  @Override
  default boolean takesRetractions() {
    return false;
  }

  /** A step that keeps some rows. */
  record Filter(RowFilter<?, ?> predicate) implements TableStep {
    @Override
    public String verb() {
      return "filter";
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults(KeyFunction<?, ?> key) {
      return Optional.of(key);
    }

    @Override
    public String describe() {
      return "filterRows";
    }
  }

  /** A step that turns each row into another with the same key. */
  record Map(String verb, RowFunction<?, ?, ?> function) implements TableStep {
    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults(KeyFunction<?, ?> key) {
      return key == KeptKey.OF_REVISION ? Optional.of(key) : Optional.empty();
    }

    @Override
    public String describe() {
      return "mapRows";
    }
  }

  /**
   * A step that turns changes of rows into what the program sees of them.
   *
   * @param readsBefore whether what the row of an update was before is part of that
   */
  record Changes(boolean readsBefore) implements TableStep {

    /** {@return the same without the old rows of updates} */
    public Changes upserts() {
      return new Changes(false);
    }

    @Override
    public String verb() {
      return "changes";
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults(KeyFunction<?, ?> key) {
      return key == KeptKey.OF_REVISION ? Optional.of(KeptKey.OF_CHANGE) : Optional.empty();
    }

    @Override
    public String describe() {
      return readsBefore ? "changes" : "changes (no old rows)";
    }
  }

  /** A step that takes old rows out of their groups and adds new ones. */
  record Regroup() implements TableStep {
    @Override
    public String verb() {
      return "regroup";
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults(KeyFunction<?, ?> key) {
      return Optional.empty();
    }

    @Override
    public String describe() {
      return "regroup";
    }
  }
}
