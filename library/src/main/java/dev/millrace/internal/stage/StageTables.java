package dev.millrace.internal.stage;

import dev.millrace.internal.broadcast.BroadcastRows;
import dev.millrace.internal.codec.TypeSerde;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.plan.Broadcast;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tables which every instance has whole, as far as a stage has to do with them.
 *
 * <p><b>Threads.</b> Immutable, but for the rows, which are safe for any thread.
 *
 * @param lookedUp those that it looks up, by name
 * @param written those whose rows it writes, by name
 */
public record StageTables(Map<String, LookedUp> lookedUp, Map<String, Written> written) {

  /** Of a stage that has nothing to do with any. */
  public static final StageTables NONE = new StageTables(Map.of(), Map.of());

  /** Copies the maps. */
  public StageTables {
    lookedUp = Map.copyOf(lookedUp);
    written = Map.copyOf(written);
  }

  /**
   * A table that is looked up.
   *
   * @param rows its rows
   * @param values the codec of the rows
   */
  public record LookedUp(BroadcastRows rows, ValueCodec<Object> values) {}

  /**
   * A table whose rows are written.
   *
   * @param keys the codec of keys
   * @param values the codec of rows
   */
  public record Written(KeyCodec<Object> keys, ValueCodec<Object> values) {}

  /** {@return the same for the owner of these serdes} */
  StageTables with(Function<Type, TypeSerde> serdes) {
    Map<String, LookedUp> ownLookedUp = new HashMap<>();
    lookedUp.forEach(
        (name, table) ->
            ownLookedUp.put(name, new LookedUp(table.rows(), table.values().with(serdes))));
    Map<String, Written> ownWritten = new HashMap<>();
    written.forEach(
        (name, table) ->
            ownWritten.put(name, new Written(table.keys(), table.values().with(serdes))));
    return new StageTables(ownLookedUp, ownWritten);
  }

  /** {@return a view of a table for one task} */
  public BroadcastRows.View view(Broadcast table) {
    LookedUp known = known(table, lookedUp.get(table.name()));
    return known.rows().view(known.values());
  }

  /** {@return how a table is written} */
  public Written written(Broadcast table) {
    return known(table, written.get(table.name()));
  }

  private static <T> T known(Broadcast table, @Nullable T known) {
    if (known == null) {
      throw new IllegalStateException("The stage does not know table " + table.name());
    }
    return known;
  }

  /** Waits until all tables that are looked up are loaded; returns whether they are. */
  public boolean awaitLoaded(Duration atMost) {
    for (LookedUp table : lookedUp.values()) {
      if (!table.rows().awaitLoaded(atMost)) {
        return false;
      }
    }
    return true;
  }
}
