package dev.millrace.examples.distinctwords;

import java.util.Iterator;
import java.util.Locale;
import java.util.Map;

/**
 * A table on a terminal, drawn over what was drawn before: as many rows as fit on any screen, and
 * what all of them add up to.
 *
 * <p><b>Threads.</b> Confined to one.
 */
final class Drawing {

  private static final int MAX_ROWS = 20;
  private static final String TO_END_OF_LINE = "\u001b[K";
  private static final String TO_END_OF_SCREEN = "\u001b[J";

  private int lines;

  /** {@return what a terminal has to get, with the cursor below the last drawing} */
  String over(CountTable table) {
    StringBuilder text = new StringBuilder();
    if (lines > 0) {
      text.append("\u001b[").append(lines).append('A');
    }
    lines = 0;
    line(text, String.format(Locale.ROOT, "%12s %12s", "count", "words"));
    Iterator<Map.Entry<Long, Long>> rows = table.rows().entrySet().iterator();
    for (int i = 0; i < MAX_ROWS && rows.hasNext(); i++) {
      Map.Entry<Long, Long> row = rows.next();
      line(text, String.format(Locale.ROOT, "%12d %12d", row.getKey(), row.getValue()));
    }
    line(text, String.format(Locale.ROOT, "%12d %12d  in all", table.rows().size(), table.words()));
    return text.append(TO_END_OF_SCREEN).toString();
  }

  private void line(StringBuilder text, String line) {
    text.append(line).append(TO_END_OF_LINE).append('\n');
    lines++;
  }
}
