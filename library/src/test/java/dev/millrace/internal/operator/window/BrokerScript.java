package dev.millrace.internal.operator.window;

import dev.millrace.internal.operator.window.WindowCases.Case;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.WindowAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Lines of {@link WindowCases} as one script for all of them side by side: each line's records
 * follow the watermark that the line has ahead of them, and its results are looked at when its last
 * watermark has arrived. Watermarks of other lines in between close nothing that the line's own
 * next one would not.
 *
 * <p>Left out are lines that go by the clock, which cannot be had on a broker, and those with
 * records at the ends of time, which a source holds for garbage.
 */
final class BrokerScript {

  /** The watermark ahead of all records. */
  static final long BEGIN_MS = -1_000_000;

  /** What stands for the end of time: in a hundred years' reach of the clock. */
  static final long END_MS = 4_000_000_000_000L;

  /** A record as it is in the topic; one with an empty key only moves time. */
  record Item(String key, long timeMs, long value) {}

  /**
   * A line that can be run.
   *
   * @param number its place in the table
   * @param records what to send once each watermark has arrived
   */
  record Line(int number, Case line, SortedMap<Long, List<Item>> records) {

    /** {@return the name of the kind of windows, fit for steps of jobs} */
    String kind() {
      return kind(line);
    }

    static String kind(Case line) {
      return line.group().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }

    /** {@return what the keys of its records begin with} */
    String prefix() {
      return kind() + "#" + number + "/";
    }

    /** {@return the watermark at which its results are complete} */
    long lastMs() {
      return records.lastKey();
    }

    /** {@return whether all its records come ahead of its first watermark} */
    boolean isOneBatch() {
      return records.values().stream().skip(1).allMatch(List::isEmpty);
    }

    /** {@return the results that the line wants, late records included} */
    List<String> expected() {
      List<String> expected = new ArrayList<>(List.of(line.results().split(" ")));
      expected.removeIf(each -> each.isEmpty() || each.startsWith("gaps:"));
      return expected;
    }

    boolean expectsLate() {
      return expected().stream().anyMatch(each -> each.startsWith("late:"));
    }
  }

  private BrokerScript() {}

  static List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    List<Case> all = WindowCases.all();
    for (int i = 0; i < all.size(); i++) {
      if (canRun(all.get(i))) {
        lines.add(line(i, all.get(i)));
      }
    }
    return lines;
  }

  private static boolean canRun(Case line) {
    return !line.events().matches("(.* )?c\\d.*")
        && !line.events().matches(".*(@M|MIN).*")
        && !line.results().contains("MAX")
        && !isPeriodic(line)
        && !line.group().startsWith("global by the clock");
  }

  private static boolean isPeriodic(Case line) {
    return line.emission() != null
        && WindowAccess.emission(line.emission()) instanceof EmissionKind.Every;
  }

  private static Line line(int number, Case line) {
    String prefix = new Line(number, line, new TreeMap<>()).prefix();
    SortedMap<Long, List<Item>> records = new TreeMap<>();
    long watermark = BEGIN_MS;
    records.put(watermark, new ArrayList<>());
    for (String event : line.events().split(" ")) {
      if (event.startsWith("w")) {
        // One that goes back is no news.
        watermark = Math.max(watermark, Math.min(END_MS, WindowCases.time(event.substring(1))));
        records.computeIfAbsent(watermark, at -> new ArrayList<>());
      } else if (!event.equals("|")) {
        String[] rest = event.substring(event.indexOf('@') + 1).split("=");
        records
            .computeIfAbsent(watermark, at -> new ArrayList<>())
            .add(
                new Item(
                    prefix + event.substring(0, event.indexOf('@')),
                    WindowCases.time(rest[0]),
                    rest.length > 1 ? Long.parseLong(rest[1]) : 1));
      }
    }
    return new Line(number, line, records);
  }
}
