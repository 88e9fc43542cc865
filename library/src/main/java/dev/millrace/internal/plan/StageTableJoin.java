package dev.millrace.internal.plan;

import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.type.Types;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A join of tables by their common key; emits changes.
 *
 * @param times whether rows keep their times; not worth it where these mean nothing
 */
public record StageTableJoin(KeyedOperation.TableJoin join, Type keyType, RowTimes times)
    implements StageOperator.Keyed {

  /** {@return the suffix of the store with the rows of a table} */
  public static String store(int input) {
    return "table-" + (input + 1);
  }

  @Override
  public int inputs() {
    return join.sides().size();
  }

  @Override
  public List<StoreSpec> stores() {
    List<StoreSpec> stores = new ArrayList<>();
    for (JoinSide side : join.sides()) {
      Type row = Types.parameterized(Upserted.class, side.rowType());
      stores.add(new StoreSpec(store(stores.size()), row, times));
    }
    return List.copyOf(stores);
  }

  @Override
  public StateForm formOf(StoreSpec store) {
    int side = stores().stream().map(StoreSpec::suffix).toList().indexOf(store.suffix());
    return new StateForm.Rows(join.sides().get(side).rowType());
  }

  /** What was emitted is made of the rows once more, to be taken back. */
  @Override
  public String describeState() {
    return describe() + " by " + keyType.getTypeName();
  }

  @Override
  public Granularity granularity() {
    return Granularity.NONE;
  }

  @Override
  public long holdsBackMs() {
    return 0;
  }

  @Override
  public Optional<String> boundToEnd() {
    return Optional.empty();
  }

  /** Such as {@code joinTables (1, 2, 3 if there)}. */
  @Override
  public String describe() {
    List<String> tables = new ArrayList<>();
    for (JoinSide side : join.sides()) {
      tables.add((tables.size() + 1) + (side.isNeeded() ? "" : " if there"));
    }
    return "joinTables (" + String.join(", ", tables) + ")";
  }
}
