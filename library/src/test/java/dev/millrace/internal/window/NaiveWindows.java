package dev.millrace.internal.window;

import dev.millrace.window.Window;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which records are in which windows, as a computation over all of them at once finds it. */
public final class NaiveWindows {

  private static final long DAY_MS = 86_400_000;

  private NaiveWindows() {}

  /** A record. */
  public record Timed<T>(String key, long timeMs, T value) {}

  /** {@return the values in each window of each key, by {@link #text}} */
  public static <T> Map<String, List<T>> of(WindowKind kind, Collection<Timed<T>> input) {
    Map<String, List<T>> windows = new TreeMap<>();
    if (kind instanceof WindowKind.Session session) {
      Map<String, List<Timed<T>>> byKey = new TreeMap<>();
      input.forEach(each -> byKey.computeIfAbsent(each.key(), key -> new ArrayList<>()).add(each));
      byKey.forEach((key, records) -> addSessions(key, records, session.gapMs(), windows));
      return windows;
    }
    for (Timed<T> each : input) {
      for (long end : ends(kind, each.timeMs())) {
        windows
            .computeIfAbsent(
                text(each.key(), Window.ofEpochMillis(start(kind, end), end)),
                name -> new ArrayList<>())
            .add(each.value());
      }
    }
    return windows;
  }

  private static <T> void addSessions(
      String key, List<Timed<T>> records, long gap, Map<String, List<T>> windows) {
    records.sort(Comparator.comparingLong(Timed::timeMs));
    long start = records.get(0).timeMs();
    long last = start;
    List<T> values = new ArrayList<>();
    for (Timed<T> each : records) {
      if (each.timeMs() > last + gap) {
        windows.put(text(key, Window.ofEpochMillis(start, last + gap)), values);
        start = each.timeMs();
        values = new ArrayList<>();
      }
      last = each.timeMs();
      values.add(each.value());
    }
    windows.put(text(key, Window.ofEpochMillis(start, last + gap)), values);
  }

  /** {@return the ends of the windows that a time falls into, found by trying all nearby} */
  static List<Long> ends(WindowKind kind, long time) {
    if (kind instanceof WindowKind.Calendar) {
      return List.of((Math.floorDiv(time, DAY_MS) + 1) * DAY_MS);
    }
    List<Long> ends = new ArrayList<>();
    long longest = longest(kind);
    for (long end = time + 1; end <= time + longest; end++) {
      boolean isEnd;
      if (kind instanceof WindowKind.Tumbling tumbling) {
        isEnd = Math.floorMod(end - tumbling.offsetMs(), tumbling.sizeMs()) == 0;
      } else if (kind instanceof WindowKind.Sliding sliding) {
        isEnd = Math.floorMod(end - sliding.sizeMs(), sliding.slideMs()) == 0;
      } else {
        WindowKind.Cumulative cumulative = (WindowKind.Cumulative) kind;
        isEnd = Math.floorMod(end, cumulative.stepMs()) == 0 && start(kind, end) <= time;
      }
      if (isEnd) {
        ends.add(end);
      }
    }
    return ends;
  }

  private static long longest(WindowKind kind) {
    if (kind instanceof WindowKind.Tumbling tumbling) {
      return tumbling.sizeMs();
    }
    if (kind instanceof WindowKind.Calendar) {
      return DAY_MS; // the tests' calendar has days of UTC
    }
    return kind instanceof WindowKind.Sliding sliding
        ? sliding.sizeMs()
        : ((WindowKind.Cumulative) kind).sizeMs();
  }

  private static long start(WindowKind kind, long end) {
    if (kind instanceof WindowKind.Cumulative cumulative) {
      return Math.floorDiv(end - 1, cumulative.sizeMs()) * cumulative.sizeMs();
    }
    return end - longest(kind);
  }

  /** {@return the name of a key's window} */
  public static String text(Object key, Window window) {
    return key + " " + window.start().toEpochMilli() + ".." + window.end().toEpochMilli();
  }
}
