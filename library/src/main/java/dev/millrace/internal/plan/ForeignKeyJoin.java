package dev.millrace.internal.plan;

import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.function.KeyFunction;
import dev.millrace.internal.fold.Replacement;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.type.Types;
import dev.millrace.output.OutputTag;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a join by a foreign key. {@link Left} gives the rows of the left table versions, and
 * sends each to the task of its foreign key; {@link Right} joins it there, and again whenever the
 * right row changes; {@link Result}, by the left key once more, keeps the results of the newest
 * version.
 *
 * <p>What one key's rows come to reaches the last step from several tasks of the second, in no
 * order, and from the first where there is no foreign key. So a row that moves to another foreign
 * key reports that at both places ({@link Phase}), which shows the last step whether anything older
 * than what it has may still come.
 */
public sealed interface ForeignKeyJoin extends KeyedOperation, StageOperator.Keyed {

  /** The side output of {@link Left} for what has no foreign key. */
  OutputTag<Answer> DIRECT = OutputTag.of("direct", Answer.class);

  /**
   * The phase of a row, or of its result, at the place that it is at or comes from: a foreign key,
   * or none.
   */
  enum Phase {
    /** The first since the row has moved there. */
    BEGINS,
    /** Another one. */
    GOES_ON,
    /** None: the row has left, and nothing more comes from there. */
    ENDS
  }

  /**
   * A left row, on its way to its foreign key.
   *
   * @param foreignKey where it goes
   * @param subscription what goes there
   */
  record Subscribing(Object foreignKey, Subscription<?, ?> subscription) {}

  /**
   * A left row at its foreign key.
   *
   * @param key the key of the left row
   * @param version its version
   * @param phase whether it comes, stays or leaves
   * @param row the row; null if it leaves, or if it could not be sent
   */
  record Subscription<K, L>(K key, long version, Phase phase, @Nullable L row)
      implements Replacement {
    @Override
    public @Nullable Object withoutRow() {
      return row == null ? null : new Subscription<K, L>(key, version, phase, null);
    }
  }

  /**
   * A result on its way to the left key.
   *
   * @param key where it goes
   * @param result what goes there
   */
  record Answer(Object key, VersionedResult<?> result) {}

  /**
   * A result of a version of the left row.
   *
   * @param version the version, or that with which the row has left
   * @param result the result; null if there is none
   */
  record VersionedResult<T>(long version, Phase phase, @Nullable T result) implements Replacement {
    @Override
    public @Nullable Object withoutRow() {
      return result == null ? null : new VersionedResult<T>(version, phase, null);
    }
  }

  /**
   * The foreign key of a left row, kept at the row's own key.
   *
   * @param foreignKey null if it has none
   */
  record Located<F>(@Nullable F foreignKey) {}

  /**
   * The result of a left key.
   *
   * @param version that of the left row
   * @param result null if there is none
   * @param moves the versions with which the row has moved, as far as only one of the two places
   *     has reported them
   */
  record ResultRow<T>(long version, @Nullable T result, List<Long> moves) {}

  /** The key functions between the steps. */
  enum Way implements KeyFunction<Object, Object>, Carrying {
    /** From the left table to the foreign key. */
    TO_FOREIGN_KEY {
      @Override
      public Object key(Object value) {
        return ((Subscribing) value).foreignKey();
      }

      @Override
      public Object carried(Object value) {
        return ((Subscribing) value).subscription();
      }
    },
    /** Back to the left key. */
    TO_KEY {
      @Override
      public Object key(Object value) {
        return ((Answer) value).key();
      }

      @Override
      public Object carried(Object value) {
        return ((Answer) value).result();
      }
    }
  }

  @Override
  default boolean goesByTimeOf(int input) {
    return true;
  }

  @Override
  default Granularity granularity() {
    return Granularity.NONE;
  }

  @Override
  default long holdsBackMs() {
    return 0;
  }

  @Override
  default Optional<String> boundToEnd() {
    return Optional.empty();
  }

  @Override
  default String describeState() {
    return describe() + " by " + keyType().getTypeName();
  }

  @Override
  default Optional<KeyFunction<?, ?>> keyOfResults() {
    return Optional.empty();
  }

  /**
   * The step at the left table.
   *
   * @param kind inner or left
   * @param foreignKey takes it from a row; null if a row has none
   * @param function makes the result of a row without one, if the kind keeps it
   */
  record Left(
      JoinKind kind,
      ForeignKeyFunction<?, ?> foreignKey,
      JoinFunction<?, ?, ?> function,
      Type keyType,
      Type foreignKeyType)
      implements ForeignKeyJoin {

    /** The suffix of the store with the next version. */
    public static final String VERSIONS = "versions";

    @Override
    public String verb() {
      return "foreign-keys";
    }

    @Override
    public List<OutputTag<?>> sideOutputs() {
      return List.of(DIRECT);
    }

    @Override
    public List<StoreSpec> stores() {
      return List.of(
          new StoreSpec("", Types.parameterized(Located.class, foreignKeyType)),
          new StoreSpec(VERSIONS, Long.class));
    }

    @Override
    public String describe() {
      return "foreignKeys of " + foreignKeyType.getTypeName();
    }
  }

  /**
   * The step at the right table, and at the foreign keys, which are its keys.
   *
   * @param kind inner or left
   * @param function makes the results
   * @param keyType the type of the foreign keys
   */
  record Right(
      JoinKind kind,
      JoinFunction<?, ?, ?> function,
      Type keyType,
      Type leftKeyType,
      Type leftType,
      Type rightType)
      implements ForeignKeyJoin {

    /** The number of the input with the right rows. */
    public static final int ROWS = 0;

    /** The suffix of the store with the right rows. */
    public static final String RIGHT = "rows";

    /** The suffix of the store with the left rows, by foreign key and key. */
    public static final String LEFT = "subscriptions";

    /** The suffix of the store with the left rows that a change of a right one has yet to reach. */
    public static final String PENDING = "pending";

    @Override
    public String verb() {
      return "look-up";
    }

    @Override
    public String inputName(int input) {
      return input == ROWS ? "rows" : "keys";
    }

    @Override
    public int inputs() {
      return 2;
    }

    @Override
    public List<StoreSpec> stores() {
      Type left = Types.parameterized(Subscription.class, leftKeyType, leftType);
      return List.of(
          new StoreSpec(RIGHT, rightType, RowTimes.KEPT),
          new StoreSpec(LEFT, left, RowTimes.KEPT),
          new StoreSpec(PENDING, Long.class));
    }

    @Override
    public Map<String, Type> innerKeys() {
      return Map.of("the left rows", leftKeyType);
    }

    @Override
    public String describe() {
      return "lookUp " + kind.verb();
    }
  }

  /**
   * The step at the result, which is a table.
   *
   * @param left the node of the step at the left table, part of the same join
   * @param right that of the step at the right table
   */
  record Result(Type keyType, Type resultType, int left, int right) implements ForeignKeyJoin {

    @Override
    public String verb() {
      return "join";
    }

    @Override
    public String inputName(int input) {
      return input == 0 ? "results" : "direct";
    }

    @Override
    public int inputs() {
      return 2;
    }

    @Override
    public Optional<KeyFunction<?, ?>> keyOfResults() {
      return Optional.of(KeptKey.OF_REVISION);
    }

    @Override
    public List<StoreSpec> stores() {
      Type row = Types.parameterized(ResultRow.class, resultType);
      return List.of(new StoreSpec("", row, RowTimes.KEPT));
    }

    @Override
    public String describe() {
      return "newestResults";
    }
  }
}
