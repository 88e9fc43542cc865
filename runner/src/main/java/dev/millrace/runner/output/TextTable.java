package dev.millrace.runner.output;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Rows in columns, as wide as they need to be. */
public final class TextTable {

  private final List<List<String>> rows = new ArrayList<>();

  /** Creates a table without rows. */
  public TextTable(String... heads) {
    rows.add(List.of(heads));
  }

  /** Adds a row. */
  public TextTable row(Object... cells) {
    rows.add(Arrays.stream(cells).map(String::valueOf).toList());
    return this;
  }

  /** Prints all rows. */
  public void print(PrintStream out) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      List<String> cells = new ArrayList<>();
      for (int i = 0; i < columns; i++) {
        cells.add(row.get(i) + " ".repeat(widths[i] - row.get(i).length()));
      }
      out.println(cells.stream().collect(Collectors.joining("  ")).stripTrailing());
    }
  }
}
