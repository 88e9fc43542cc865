package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CaseTests.ofKind;
import static dev.millrace.internal.operator.join.CaseTests.split;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.StageCoGroup;
import dev.millrace.internal.plan.TwoStreams;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.window.CoGroupFunction;
import dev.millrace.window.Late;
import dev.millrace.window.Window;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table of cases of co-groups, and of joins by sessions, in the language of {@link JoinCases}.
 *
 * <p>What is expected of a co-group are its groups in their order, with the watermarks in between:
 * {@code 0-10:a b|x@9} is the window from 0 to 10 with two left records and a right one, and the
 * time of the result. Of a join by sessions they are what {@link JoinCases} has.
 */
final class CoGroupCases {

  /** A case; its name begins with its window. */
  record Case(String name, WindowKind window, String script, String expected, String late)
      implements CaseTests.Named {

    List<String> steps() {
      return split(script);
    }

    List<String> results() {
      return split(expected);
    }

    /** Results of a kind of join: {@code -} is in the place of a side that has no record. */
    List<String> results(JoinKind kind) {
      return ofKind(kind, results());
    }

    List<String> lateOnes() {
      return split(late);
    }
  }

  static final WindowKind TUMBLING = new WindowKind.Tumbling(10, 0);
  static final WindowKind SLIDING = new WindowKind.Sliding(10, 5);
  static final WindowKind SESSION = new WindowKind.Session(10, Optional.empty());

  static final List<Case> GROUPS =
      List.of(
          // ---------------------------------------------------------- windows
          of("both sides", TUMBLING, "L a@3, R x@9, R y@10", "end, 0-10:a|x@9, 10-20:|y@19"),
          of("right first", TUMBLING, "R x@9, R y@10, L a@3", "end, 0-10:a|x@9, 10-20:|y@19"),
          of("left alone", TUMBLING, "L a@3", "end, 0-10:a|@9"),
          of("right alone", TUMBLING, "R x@3", "end, 0-10:|x@9"),
          of(
              "in the order of time, then arrival",
              TUMBLING,
              "L a@5, R x@7, L b@3, R y@1, L c@5, R z@7",
              "end, 0-10:b a c|y x z@9"),
          of("equal records are two", TUMBLING, "L a@3, L a@3, R x@3", "end, 0-10:a a|x@9"),
          of("edges", TUMBLING, "L a@0, L b@9, L c@10", "end, 0-10:a b|@9, 10-20:c|@19"),
          of("before 1970", TUMBLING, "L a@-3, R x@-1, R y@0", "end, -10-0:a|x@-1, 0-10:|y@9"),
          of(
              "at the watermark, not before",
              TUMBLING,
              "L a@3, W 9, R x@9, W 10",
              "W 9, W 10, 0-10:a|x@9, end"),
          of("the watermark again", TUMBLING, "L a@3, W 10, W 10", "W 10, 0-10:a|@9, W 10, end"),
          of(
              "once per window",
              TUMBLING,
              "L a@3, W 10, L b@13, R x@14, W 20, W 30",
              "W 10, 0-10:a|@9, W 20, 10-20:b|x@19, W 30, end"),
          of(
              "a later window first",
              TUMBLING,
              "L b@13, L a@3, W 10, W 20",
              "W 10, 0-10:a|@9, W 20, 10-20:b|@19, end"),
          of(
              "windows that are far apart",
              TUMBLING,
              "L a@3, R x@93, W 50, L b@51",
              "W 50, 0-10:a|@9, end, 50-60:b|@59, 90-100:|x@99"),
          of(
              "several keys and windows at once, by their ends",
              TUMBLING,
              "L k2/b@3, R k1/x@13, L k1/a@4, R k2/y@12, W 20",
              "W 20, 0-10:a|@9, 0-10:b|@9, 10-20:|x@19, 10-20:|y@19, end"),
          of(
              "keys that begin alike",
              TUMBLING,
              "L a/l@1, L ab/m@1, R ab/x@2, R a/y@3",
              "end, 0-10:l|y@9, 0-10:m|x@9"),
          of(
              "a key that goes on like a time",
              TUMBLING,
              "L k/a@1, L k\u0000/b@1, R k/x@2, R k\u0000/y@3",
              "end, 0-10:a|x@9, 0-10:b|y@9"),
          of(
              "a key comes back",
              TUMBLING,
              "L a@3, W 30, R x@40, W 60, L b@61",
              "W 30, 0-10:a|@9, W 60, 40-50:|x@49, end, 60-70:b|@69"),
          of(
              "late",
              TUMBLING,
              "L a@3, W 10, R x@9, L b@9, L c@10",
              "W 10, 0-10:a|@9, end, 10-20:c|@19",
              "counted 1, right x@9 BEHIND_WATERMARK, counted 1, left b@9 BEHIND_WATERMARK"),
          of("old, in an open window", TUMBLING, "W 9, L a@0, R x@1", "W 9, end, 0-10:a|x@9"),
          of(
              "too far ahead",
              TUMBLING,
              "L a@3, R! x@4, L! b@5",
              "end, 0-10:a|@9",
              "counted 1, right x@4 TOO_FAR_AHEAD, counted 1, left b@5 TOO_FAR_AHEAD"),
          of(
              "moved windows",
              new WindowKind.Tumbling(10, 3),
              "L a@3, R x@12, R y@13, R w@2",
              "end, -7-3:|w@2, 3-13:a|x@12, 13-23:|y@22"),
          of(
              "in windows that overlap",
              SLIDING,
              "L a@7, R x@12",
              "end, 0-10:a|@9, 5-15:a|x@14, 10-20:|x@19"),
          of(
              "windows that overlap, one by one",
              SLIDING,
              "L a@7, W 10, R x@12, W 15, L b@16, W 20",
              "W 10, 0-10:a|@9, W 15, 5-15:a|x@14, W 20, 10-20:b|x@19, end, 15-25:b|@24"),
          of(
              "late for a window of two",
              SLIDING,
              "W 10, L a@7, R x@10",
              "W 10, end, 5-15:a|x@14, 10-20:|x@19",
              "partly 1"),
          of(
              "late for both windows",
              SLIDING,
              "W 15, L a@7",
              "W 15, end",
              "counted 1, left a@7 BEHIND_WATERMARK"),
          of(
              "overlapping windows without records are none",
              SLIDING,
              "L a@7, R x@47",
              "end, 0-10:a|@9, 5-15:a|@14, 40-50:|x@49, 45-55:|x@54"),
          of(
              "between windows",
              new WindowKind.Sliding(5, 10),
              "L a@3, R x@4, R y@7, L b@11",
              "end, 0-5:a|x@4, 10-15:b|@14",
              "in a gap 1"),
          of(
              "growing windows",
              new WindowKind.Cumulative(5, 10),
              "L a@3, R x@7, L b@12",
              "end, 0-5:a|@4, 0-10:a|x@9, 10-15:b|@14, 10-20:b|@19"),
          of(
              "a growing window that has begun",
              new WindowKind.Cumulative(5, 10),
              "L a@3, W 5, R x@2",
              "W 5, 0-5:a|@4, end, 0-10:a|x@9",
              "partly 1"),
          of(
              "days",
              new WindowKind.Calendar(ChronoUnit.DAYS, ZoneOffset.UTC),
              "L a@-1, R x@0, L b@86399999, R y@86400000",
              "end, -86400000-0:a|@-1, 0-86400000:b|x@86399999, 86400000-172800000:|y@172799999"),
          of(
              "at the end of time",
              TUMBLING,
              "L a@9223372036854775804, R x@9223372036854775807",
              "end, 9223372036854775800-9223372036854775807:a|x@9223372036854775806"),
          of(
              "at the beginning of time",
              TUMBLING,
              "L a@-9223372036854775808, R x@-9223372036854775801",
              "end, -9223372036854775808--9223372036854775800:a|x@-9223372036854775801"),
          // ---------------------------------------------------------- sessions
          of(
              "sessions at the end of time",
              SESSION,
              "L a@9223372036854775790, R x@9223372036854775800, L b@9223372036854775807",
              "end, 9223372036854775790-9223372036854775807:a b|x@9223372036854775806"),
          of(
              "sessions at the beginning of time",
              SESSION,
              "L a@-9223372036854775808, R x@-9223372036854775798, L b@-9223372036854775787",
              "end, -9223372036854775808--9223372036854775788:a|x@-9223372036854775789,"
                  + " -9223372036854775787--9223372036854775777:b|@-9223372036854775778"),
          of("of both sides", SESSION, "L a@10, R x@15, L b@25", "end, 10-35:a b|x@34"),
          of("touching", SESSION, "L a@10, R x@20", "end, 10-30:a|x@29"),
          of("apart", SESSION, "L a@10, R x@21", "end, 10-20:a|@19, 21-31:|x@30"),
          of("bridged", SESSION, "L a@10, L c@30, R x@20", "end, 10-40:a c|x@39"),
          of(
              "not quite bridged",
              SESSION,
              "L a@10, L c@31, R x@20",
              "end, 10-30:a|x@29, 31-41:c|@40"),
          of(
              "when time is past the end",
              SESSION,
              "L a@10, W 20, W 21",
              "W 20, W 21, 10-20:a|@19, end"),
          of(
              "the other side comes at the end",
              SESSION,
              "L a@10, W 20, R x@20, W 30, W 31",
              "W 20, W 30, W 31, 10-30:a|x@29, end"),
          of(
              "grown before it is due",
              SESSION,
              "L a@10, R x@18, W 21, L b@27, W 29, W 37, W 38",
              "W 21, W 29, W 37, W 38, 10-37:a b|x@36, end"),
          of(
              "long",
              SESSION,
              "L a@0, W 5, L b@8, W 11, L c@16, W 19, R x@24, W 27, W 34, W 35",
              "W 5, W 11, W 19, W 27, W 34, W 35, 0-34:a b c|x@33, end"),
          of(
              "an earlier session of a key comes first",
              SESSION,
              "L b@30, L a@10, W 21, R x@25",
              "W 21, 10-20:a|@19, end, 25-40:b|x@39"),
          of("an earlier record of a session", SESSION, "L b@20, R x@12", "end, 12-30:b|x@29"),
          of(
              "one after the other",
              SESSION,
              "L a@10, R x@25, L b@40, R y@41, W 100",
              "W 100, 10-20:a|@19, 25-35:|x@34, 40-51:b|y@50, end"),
          of(
              "a session after one that has fired",
              SESSION,
              "L a@10, W 21, R x@21, W 32",
              "W 21, 10-20:a|@19, W 32, 21-31:|x@30, end"),
          of(
              "late",
              SESSION,
              "L a@10, W 21, R x@10, R y@11",
              "W 21, 10-20:a|@19, end",
              "counted 1, right x@10 BEHIND_WATERMARK, counted 1, right y@11 BEHIND_WATERMARK"),
          of(
              "old, in an open session",
              SESSION,
              "L a@10, L b@18, L c@26, W 25, R x@12",
              "W 25, end, 10-36:a b c|x@35"),
          of(
              "old, before an open session that it touches",
              SESSION,
              "L b@18, L c@26, W 25, R x@8, R y@7",
              "W 25, end, 7-36:b c|y x@35"),
          of(
              "old, before an open session",
              SESSION,
              "L b@18, L c@26, W 25, R x@7",
              "W 25, end, 18-36:b c|@35",
              "counted 1, right x@7 BEHIND_WATERMARK"),
          of(
              "old, in a session that ends at the watermark",
              SESSION,
              "L a@10, L b@40, W 20, R x@9",
              "W 20, end, 10-20:a|@19, 40-50:b|@49",
              "counted 1, right x@9 BEHIND_WATERMARK"),
          of(
              "old, in the second session of its key",
              SESSION,
              "L a@15, R x@26, R y@34, W 25, L b@14, R z@27, W 38, L c@25",
              "W 25, W 38, 15-25:a|@24, end, 25-44:c|x z y@43",
              "counted 1, left b@14 BEHIND_WATERMARK"),
          of(
              "sessions before 1970",
              SESSION,
              "L a@-15, R x@-5, R y@6",
              "end, -15-5:a|x@4, 6-16:|y@15"),
          of(
              "keys have sessions of their own",
              SESSION,
              "L k1/a@10, L k2/b@15, R k1/x@20, R k2/y@26",
              "end, 10-30:a|x@29, 15-25:b|@24, 26-36:|y@35"),
          of(
              "too far ahead of a session",
              SESSION,
              "L a@10, R! x@15",
              "end, 10-20:a|@19",
              "counted 1, right x@15 TOO_FAR_AHEAD"));

  static final List<Case> JOINS =
      List.of(
          of("a pair", SESSION, "L a@10, R x@15", "end, a+x@24"),
          of("right first", SESSION, "R x@15, L a@10", "end, a+x@24"),
          of(
              "when time is past the end",
              SESSION,
              "L a@10, R x@15, W 25, W 26",
              "W 25, W 26, a+x@24, end"),
          of(
              "each with each, in the order of time, then arrival",
              SESSION,
              "L b@12, R y@13, L a@10, R x@11, L c@12",
              "end, a+x@22, a+y@22, b+x@22, b+y@22, c+x@22, c+y@22"),
          of("touching", SESSION, "L a@10, R x@20", "end, a+x@29"),
          of("apart", SESSION, "L a@10, R x@21", "end, a+-@19, -+x@30"),
          of("bridged by the left", SESSION, "L a@10, R x@30, L b@20", "end, a+x@39, b+x@39"),
          of("a bridge between rights", SESSION, "R x@0, L a@10, R y@20", "end, a+x@29, a+y@29"),
          of("lefts alone", SESSION, "L b@15, L a@10", "end, a+-@24, b+-@24"),
          of("rights alone", SESSION, "R y@15, R x@10", "end, -+x@24, -+y@24"),
          of(
              "one after the other",
              SESSION,
              "L a@10, R x@10, L b@30, R y@50, L c@55, W 100",
              "W 100, a+x@19, b+-@39, c+y@64, end"),
          of(
              "late",
              SESSION,
              "L a@10, W 21, R x@11",
              "W 21, a+-@19, end",
              "counted 1, right x@11 BEHIND_WATERMARK"),
          of(
              "old, in an open session",
              SESSION,
              "L a@10, L b@18, W 25, R x@9",
              "W 25, end, a+x@27, b+x@27"),
          of(
              "too far ahead",
              SESSION,
              "L a@10, R! x@15",
              "end, a+-@19",
              "counted 1, right x@15 TOO_FAR_AHEAD"),
          of(
              "several keys",
              SESSION,
              "L k1/a@10, R k2/x@10, R k1/y@12, L k2/b@11",
              "end, a+y@21, b+x@20"));

  private CoGroupCases() {}

  private static Case of(String name, WindowKind window, String script, String expected) {
    return of(name, window, script, expected, "");
  }

  private static Case of(
      String name, WindowKind window, String script, String expected, String late) {
    return new Case(window.describe() + ": " + name, window, script, expected, late);
  }

  /** {@return a co-group of texts whose results show its groups} */
  static CoGroup group(WindowKind window) {
    return group(
        window,
        String.class,
        (key, bounds, left, right, out) ->
            out.emit(
                shown(bounds)
                    + ":"
                    + left.stream().collect(Collectors.joining(" "))
                    + "|"
                    + right.stream().collect(Collectors.joining(" "))));
  }

  static String shown(Window window) {
    return window.start().toEpochMilli() + "-" + window.end().toEpochMilli();
  }

  static <T> CoGroup group(
      WindowKind window, Class<T> type, CoGroupFunction<String, T, T, ?> function) {
    OutputTag<Late<T>> left = Late.tag("left", type);
    OutputTag<Late<T>> right = Late.tag("right", type);
    return new CoGroup(window, function, type, type, Optional.of(left), Optional.of(right));
  }

  /** {@return a harness of a co-group, or of a join by sessions of 10 ms} */
  static JoinHarness harness(TwoStreams streams, ErrorPolicy policy, @Nullable Path directory) {
    WindowKind window = streams instanceof CoGroup group ? group.window() : SESSION;
    StageCoGroup plan = new StageCoGroup(streams, window, String.class);
    return new JoinHarness(plan, context -> CoGroupOperator.of(plan, context), policy, directory);
  }

  /** {@return the bounds of a join by sessions of 10 ms} */
  static JoinBounds bySessions() {
    return new JoinBounds.SameWindow(SESSION);
  }
}
