package dev.millrace.internal.operator.aggregate;

import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.fold.GroupRow;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowScan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of spread groups of which those of the highest ranks are the result: each row holds
 * the values of one rank, and how often each is there. Values need no order in bytes for that, only
 * their ranks do.
 *
 * <p>The result of a group that has changed is read from its first rows, once per commit.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class RankedValues implements SpreadValues {

  private final ValueRows values;
  private final FoldFunction fold;
  private final int most;
  private final Set<Row<Object>> unsettled = new LinkedHashSet<>();

  /**
   * Creates the values.
   *
   * @param fold makes the result of the values of one rank
   * @param most how many values a result has at most
   */
  RankedValues(ValueRows values, FoldFunction fold, int most) {
    this.values = values;
    this.fold = fold;
    this.most = most;
  }

  @Override
  public GroupRow<Object, Object> add(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange value) {
    // Others that are added may have the same rank.
    return changed(row, group, value, values.absentRow(row, value.order()));
  }

  @Override
  public GroupRow<Object, Object> change(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange change) {
    return changed(row, group, change, values.row(row, change.order()));
  }

  private GroupRow<Object, Object> changed(
      Row<Object> row, GroupRow<Object, Object> group, ValueChange change, Row<Object> place) {
    Map<Object, Long> ofRank = counts(place.value());
    Map<Object, Long> counts = ofRank == null ? new LinkedHashMap<>() : ofRank;
    int before = counts.size();
    SpreadGroups.change(counts, change);
    if (counts.isEmpty()) {
      place.delete();
    } else {
      place.set(counts);
    }
    if (counts.size() > before) {
      place.grew(Folding.bytesOfObject(change.bytes()));
    }
    boolean ignored = unsettled.add(row);
    return GroupRow.spread(group.count(), 0, null);
  }

  @Override
  public void delete(Row<Object> row) {
    values.delete(row);
    boolean ignored = unsettled.remove(row);
  }

  @Override
  public void settle() throws Exception {
    for (Row<Object> row : unsettled) {
      GroupRow<Object, Object> group = SpreadGroups.group(row.value());
      if (group != null && group.values() == null) {
        row.set(GroupRow.spread(group.count(), 0, highest(row)));
      }
    }
    unsettled.clear();
  }

  private List<Object> highest(Row<Object> group) throws Exception {
    List<Object> highest = new ArrayList<>();
    try (RowScan<Object> scan = values.scan(group)) {
      while (highest.size() < most && scan.next()) {
        Map<Object, Long> counts = Objects.requireNonNull(counts(scan.row().value()));
        List<?> ofRank = (List<?>) fold.finish(counts);
        highest.addAll(ofRank.subList(0, Math.min(ofRank.size(), most - highest.size())));
      }
    }
    return highest;
  }

  @Override
  public Object result(GroupRow<?, ?> group) {
    return List.copyOf((List<?>) Objects.requireNonNull(group.first()));
  }

  @SuppressWarnings("unchecked") // it is the type of the rows
  private static @Nullable Map<Object, Long> counts(@Nullable Object row) {
    return (Map<Object, Long>) row;
  }
}
