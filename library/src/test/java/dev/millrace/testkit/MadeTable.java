package dev.millrace.testkit;

import dev.millrace.Table;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Tables that are made of one or two others, in one stage or several, and what they should be. */
public enum MadeTable {
  BY_STEPS {
    @Override
    public Table<String, ?> of(
        Supplier<Table<String, String>> left, Supplier<Table<String, String>> right) {
      return left.get().filter((key, row) -> !row.endsWith("3")).mapValues(row -> row + "!");
    }

    @Override
    public Map<String, String> from(Map<String, String> left, Map<String, String> right) {
      Map<String, String> made = new TreeMap<>(left);
      made.values().removeIf(row -> row.endsWith("3"));
      made.replaceAll((key, row) -> row + "!");
      return made;
    }
  },
  BY_GROUPS {
    @Override
    public Table<String, ?> of(
        Supplier<Table<String, String>> left, Supplier<Table<String, String>> right) {
      return left.get().groupBy((key, row) -> group(row)).count();
    }

    @Override
    public Map<String, String> from(Map<String, String> left, Map<String, String> right) {
      Map<String, String> made = new TreeMap<>();
      counts(left).forEach((group, count) -> made.put(group, "" + count));
      return made;
    }
  },
  BY_A_JOIN {
    @Override
    public Table<String, ?> of(
        Supplier<Table<String, String>> left, Supplier<Table<String, String>> right) {
      return left.get().join(right.get()).outer((row, other) -> row + "/" + other);
    }

    @Override
    public Map<String, String> from(Map<String, String> left, Map<String, String> right) {
      return joined(left, right);
    }
  },
  BY_A_FOREIGN_KEY {
    @Override
    public Table<String, ?> of(
        Supplier<Table<String, String>> left, Supplier<Table<String, String>> right) {
      return left.get()
          .onForeignKey(row -> group(row))
          .join(right.get())
          .left((row, other) -> row + "/" + other);
    }

    @Override
    public Map<String, String> from(Map<String, String> left, Map<String, String> right) {
      Map<String, String> made = new TreeMap<>(left);
      made.replaceAll((key, row) -> row + "/" + right.get(group(row)));
      return made;
    }
  },
  BY_A_JOIN_WHERE_GROUPS_LIE {
    @Override
    public Table<String, ?> of(
        Supplier<Table<String, String>> left, Supplier<Table<String, String>> right) {
      return left.get()
          .groupBy((key, row) -> group(row))
          .count()
          .join(right.get().groupBy((key, row) -> group(row)).count())
          .outer((row, other) -> row + "/" + other);
    }

    @Override
    public Map<String, String> from(Map<String, String> left, Map<String, String> right) {
      return joined(counts(left), counts(right));
    }
  };

  /**
   * {@return the table, made of others}
   *
   * @param right is asked only if the table is made of two
   */
  public abstract Table<String, ?> of(
      Supplier<Table<String, String>> left, Supplier<Table<String, String>> right);

  /** {@return the rows of the table, as texts, from those of the others} */
  public abstract Map<String, String> from(Map<String, String> left, Map<String, String> right);

  /** {@return whether it is made of two tables} */
  public boolean isOfTwo() {
    return this != BY_STEPS && this != BY_GROUPS;
  }

  /** {@return the group of a row, and the key in the other table to which it refers} */
  private static String group(String row) {
    return row.endsWith("3") ? "a" : "b";
  }

  private static Map<String, Long> counts(Map<String, String> rows) {
    Map<String, Long> counts = new TreeMap<>();
    rows.values().forEach(row -> counts.merge(group(row), 1L, Long::sum));
    return counts;
  }

  private static Map<String, String> joined(Map<String, ?> left, Map<String, ?> right) {
    Map<String, String> joined = new TreeMap<>();
    TreeSet<String> keys = new TreeSet<>(left.keySet());
    keys.addAll(right.keySet());
    keys.forEach(key -> joined.put(key, left.get(key) + "/" + right.get(key)));
    return joined;
  }
}
