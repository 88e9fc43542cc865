package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CaseTests.ofKind;
import static dev.millrace.internal.operator.join.CaseTests.split;

import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.output.OutputTag;
import dev.millrace.window.Late;
import java.util.List;
import java.util.Optional;

/**
 * The table of cases of joins of streams. A script is a list of steps: {@code L a@10} is a left
 * record of value a and time 10, {@code R} one of the right, {@code L!} one whose time is too far
 * in the future, {@code L key/a@10} one of another key than the usual one, {@code W 20} the
 * watermark. The end of time follows.
 *
 * <p>What is expected are the results of the outer join in their order, with the watermarks in
 * between: {@code a+x@15} is a pair with its time, {@code a+-@10} a left and {@code -+x@15} a right
 * record without a match. The other kinds have those without a match of the sides that they keep.
 *
 * <p>A value that ends with {@code !} makes the function fail, one with {@code ?} the first time;
 * the policy is to try again once. Dead letters are written like results, without a time.
 */
final class JoinCases {

  /** A case. */
  record Case(
      String name, JoinBounds bounds, String script, String expected, String late, String letters)
      implements CaseTests.Named {

    KeyedOperation.StreamJoin join(JoinKind kind) {
      return JoinCases.join(kind, bounds);
    }

    List<String> steps() {
      return split(script);
    }

    List<String> expected(JoinKind kind) {
      return ofKind(kind, split(expected));
    }

    List<String> lateOnes() {
      return split(late);
    }

    List<String> letters(JoinKind kind) {
      return ofKind(kind, split(letters));
    }
  }

  static final JoinBounds AFTER = within(0, 10);
  static final JoinBounds BEFORE = within(-10, -5);
  static final JoinBounds AROUND = within(-5, 5);
  static final JoinBounds TUMBLING = windows(new WindowKind.Tumbling(10, 0));
  static final JoinBounds SLIDING = windows(new WindowKind.Sliding(10, 5));

  static final List<Case> ALL =
      List.of(
          // ---------------------------------------------------------- which meet
          of("left, then right", AFTER, "L a@10, R x@15", "a+x@15, end"),
          of("right, then left", AFTER, "R x@15, L a@10", "a+x@15, end"),
          of("at the same time", AFTER, "L a@10, R x@10", "a+x@10, end"),
          of("upper bound", AFTER, "L a@10, R x@20, R y@21", "a+x@20, end, -+y@21"),
          of("upper bound, right first", AFTER, "R x@20, R y@21, L a@10", "a+x@20, end, -+y@21"),
          of("below upper bound", AFTER, "L a@10, R x@19", "a+x@19, end"),
          of("lower bound", AFTER, "L a@10, R x@10, R w@9", "a+x@10, end, -+w@9"),
          of("lower bound, right first", AFTER, "R x@10, R w@9, L a@10", "a+x@10, end, -+w@9"),
          of("above lower bound", AFTER, "R x@11, L a@10", "a+x@11, end"),
          of(
              "right before left",
              BEFORE,
              "L a@20, R x@10, R y@15, R v@9, R z@16",
              "a+x@20, a+y@20, end, -+v@9, -+z@16"),
          of(
              "right before left, right first",
              BEFORE,
              "R z@16, R y@15, R x@10, R v@9, L a@20",
              "a+x@20, a+y@20, end, -+v@9, -+z@16"),
          of(
              "no width",
              within(0, 0),
              "L a@10, R x@10, R y@11, R w@9",
              "a+x@10, end, -+w@9, -+y@11"),
          of(
              "no width, after",
              within(5, 5),
              "R y@14, R z@16, L a@10, R x@15",
              "a+x@15, end, -+y@14, -+z@16"),
          of(
              "no width, before",
              within(-5, -5),
              "L a@10, R x@5, R y@6, R w@4",
              "a+x@10, end, -+w@4, -+y@6"),
          of(
              "around, right first",
              AROUND,
              "R w@5, R x@15, R v@4, R y@16, L a@10",
              "a+w@10, a+x@15, end, -+v@4, -+y@16"),
          of(
              "around, left first",
              AROUND,
              "L a@10, R w@5, R x@15, R v@4, R y@16",
              "a+w@10, a+x@15, end, -+v@4, -+y@16"),
          of(
              "lefts around a right",
              AROUND,
              "L a@5, L b@15, L c@4, L d@16, R x@10",
              "a+x@10, b+x@15, end, c+-@4, d+-@16"),
          of("negative times", AROUND, "L a@-10, R x@-14, R y@-16", "a+x@-10, end, -+y@-16"),
          of(
              "equal records are two",
              AFTER,
              "L a@10, L a@10, R x@12, R x@12",
              "a+x@12, a+x@12, a+x@12, a+x@12, end"),
          of(
              "rights in the order of time, then arrival",
              AFTER,
              "R x@14, R y@12, R z@12, L a@10",
              "a+y@12, a+z@12, a+x@14, end"),
          of(
              "lefts in the order of time, then arrival",
              AFTER,
              "L a@12, L b@10, L c@12, R x@15",
              "b+x@15, a+x@15, c+x@15, end"),
          of("other keys", AFTER, "L k1/a@10, R k2/x@10", "end, -+x@10, a+-@10"),
          of(
              "keys that begin alike",
              AFTER,
              "L a/l@10, L ab/m@10, R ab/x@12, R a/y@13",
              "m+x@12, l+y@13, end"),
          of(
              "a key that goes on like a time",
              AFTER,
              "L k/a@10, L k\u0000/b@10, R k/x@11, R k\u0000/y@12",
              "a+x@11, b+y@12, end"),
          // ---------------------------------------------------------- without a match
          of(
              "alone at the watermark, not before",
              AFTER,
              "L a@10, W 20, W 21",
              "W 20, W 21, a+-@10, end"),
          of("right alone", AFTER, "R x@10, W 10, W 11", "W 10, W 11, -+x@10, end"),
          of("right alone, before", BEFORE, "R x@10, W 20, W 21", "W 20, W 21, -+x@10, end"),
          of("left alone, before", BEFORE, "L a@10, W 10, W 11", "W 10, W 11, a+-@10, end"),
          of(
              "each alone at its time",
              AROUND,
              "L a@10, R x@3, W 8, W 9, W 15, W 16",
              "W 8, W 9, -+x@3, W 15, W 16, a+-@10, end"),
          of("met in time, left", AFTER, "L a@10, W 20, R x@20, W 21", "W 20, a+x@20, W 21, end"),
          of("met in time, right", AFTER, "R x@10, W 10, L a@10", "W 10, a+x@10, end"),
          of("met, so not alone", AFTER, "L a@10, R x@12, W 30", "a+x@12, W 30, end"),
          of("met as second, so not alone", AFTER, "R x@12, L a@10, W 30", "a+x@12, W 30, end"),
          of(
              "met, then met again",
              AFTER,
              "L a@10, R x@12, W 15, R y@16, W 30",
              "a+x@12, W 15, a+y@16, W 30, end"),
          of(
              "alone one by one",
              AFTER,
              "L a@10, L b@15, W 22, W 26",
              "W 22, a+-@10, W 26, b+-@15, end"),
          of(
              "an earlier one arrives later",
              AFTER,
              "L b@15, L a@10, W 21, W 26",
              "W 21, a+-@10, W 26, b+-@15, end"),
          of(
              "one goes, the other is met",
              AFTER,
              "L a@10, L b@15, W 21, R x@25",
              "W 21, a+-@10, b+x@25, end"),
          of(
              "all at once in the order of time",
              AFTER,
              "L c@12, L a@10, L b@11, W 100",
              "W 100, a+-@10, b+-@11, c+-@12, end"),
          of(
              "all at once, those in between are met",
              AFTER,
              "L a@10, L b@20, L c@30, R x@25, W 100",
              "b+x@25, W 100, a+-@10, c+-@30, end"),
          of("lefts before rights", AROUND, "R x@10, L a@30, W 100", "W 100, a+-@30, -+x@10, end"),
          of(
              "the watermark again",
              AFTER,
              "L a@10, W 20, W 20, W 21",
              "W 20, W 20, W 21, a+-@10, end"),
          of(
              "a key comes back",
              AFTER,
              "L a@10, W 30, L b@40, R x@40, W 60, R y@60",
              "W 30, a+-@10, b+x@40, W 60, end, -+y@60"),
          of(
              "several keys at one watermark",
              AFTER,
              "L k2/b@10, L k1/a@10, L k3/c@9, W 30",
              "W 30, c+-@9, a+-@10, b+-@10, end"),
          // ---------------------------------------------------------- late
          of(
              "late right",
              AFTER,
              "L a@10, W 21, R x@20",
              "W 21, a+-@10, end",
              "counted 1, right x@20 BEHIND_WATERMARK"),
          of(
              "late left",
              AFTER,
              "R x@10, W 11, L a@10",
              "W 11, -+x@10, end",
              "counted 1, left a@10 BEHIND_WATERMARK"),
          of("at the watermark", AFTER, "W 11, L a@11, R x@11", "W 11, a+x@11, end"),
          of(
              "left that has missed nothing",
              within(5, 10),
              "W 12, L a@7, L b@6, R x@12",
              "W 12, a+x@12, end",
              "counted 1, left b@6 BEHIND_WATERMARK"),
          of(
              "right that has missed nothing",
              BEFORE,
              "W 12, R x@7, R y@6, L a@12",
              "W 12, a+x@12, end",
              "counted 1, right y@6 BEHIND_WATERMARK"),
          of(
              "old left without a match",
              within(5, 10),
              "W 12, L a@7, W 17, W 18",
              "W 12, W 17, W 18, a+-@7, end"),
          of(
              "left too far ahead",
              AFTER,
              "L! a@10, R x@10",
              "end, -+x@10",
              "counted 1, left a@10 TOO_FAR_AHEAD"),
          of(
              "right too far ahead",
              AFTER,
              "L a@10, R! x@10",
              "end, a+-@10",
              "counted 1, right x@10 TOO_FAR_AHEAD"),
          // ---------------------------------------------------------- windows
          of("tumbling", TUMBLING, "L a@3, R x@9, R y@10", "a+x@9, end, -+y@19"),
          of("tumbling, right first", TUMBLING, "R x@0, R y@10, L a@3", "a+x@9, end, -+y@19"),
          of("tumbling, in order", TUMBLING, "R x@9, R y@1, L a@5", "a+y@9, a+x@9, end"),
          of("tumbling, before 1970", TUMBLING, "L a@-3, R x@-1, R y@0", "a+x@-1, end, -+y@9"),
          of("alone in a window", TUMBLING, "L a@3, W 9, W 10", "W 9, W 10, a+-@9, end"),
          of("first in a window", TUMBLING, "L a@0, W 9, R x@9, W 10", "W 9, a+x@9, W 10, end"),
          of(
              "late for a window",
              TUMBLING,
              "L a@3, W 10, R x@9, L b@10",
              "W 10, a+-@9, end, b+-@19",
              "counted 1, right x@9 BEHIND_WATERMARK"),
          of("old, in an open window", TUMBLING, "W 9, L a@0, R x@1", "W 9, a+x@9, end"),
          of(
              "moved windows",
              windows(new WindowKind.Tumbling(10, 3)),
              "L a@3, R x@12, R y@13, R w@2",
              "a+x@12, end, -+w@2, -+y@22"),
          of("sharing a window", SLIDING, "L a@7, R x@12", "a+x@14, end, a+-@9, -+x@19"),
          of("sharing two windows", SLIDING, "L a@7, R x@8", "a+x@9, a+x@14, end"),
          of("sharing none", SLIDING, "L a@3, R x@10", "end, a+-@4, a+-@9, -+x@14, -+x@19"),
          of(
              "late for a window of two",
              SLIDING,
              "W 10, L a@7, R x@10",
              "W 10, a+x@14, end, -+x@19",
              "partly 1"),
          of(
              "late for both windows",
              SLIDING,
              "W 15, L a@7",
              "W 15, end",
              "counted 1, left a@7 BEHIND_WATERMARK"),
          of(
              "between windows",
              windows(new WindowKind.Sliding(5, 10)),
              "L a@3, R x@4, R y@7",
              "a+x@4, end",
              "in a gap 1"),
          of(
              "growing windows",
              windows(new WindowKind.Cumulative(5, 10)),
              "L a@3, R x@7",
              "a+x@9, end, a+-@4"),
          // ---------------------------------------------------------- failures
          failing(
              "a pair that fails has met", AFTER, "L a@10, L b!@11, R x@15", "a+x@15, end", "b!+x"),
          failing(
              "a pair that fails has met, right first",
              AFTER,
              "R x!@15, R y@16, L a@10",
              "a+y@16, end",
              "a+x!"),
          failing(
              "each pair by itself",
              AFTER,
              "L a@10, L b!@11, R x@12, R y@13, R z!@14",
              "a+x@12, a+y@13, end",
              "b!+x, b!+y, a+z!, b!+z!"),
          failing(
              "one that fails alone",
              AFTER,
              "L a!@10, L b@11, W 21, W 22",
              "W 21, W 22, b+-@11, end",
              "a!+-"),
          failing(
              "a right one that fails alone",
              AFTER,
              "R x!@10, R y@11, W 12",
              "W 12, -+y@11, end",
              "-+x!"),
          failing("a pair that fails once", AFTER, "L a?@10, R x@12", "a?+x@12, end", ""),
          failing(
              "alone, fails once", AFTER, "L a?@10, W 21, W 22", "W 21, a?+-@10, W 22, end", ""),
          failing(
              "failing in a window",
              TUMBLING,
              "L a!@3, R x@4, L b@5, R y!@6, W 10, R z@9",
              "b+x@9, W 10, end",
              "counted 1, right z@9 BEHIND_WATERMARK",
              "a!+x, a!+y!, b+y!"));

  private JoinCases() {}

  static JoinBounds within(long lowerMs, long upperMs) {
    return new JoinBounds.Interval(lowerMs, upperMs);
  }

  private static JoinBounds windows(WindowKind window) {
    return new JoinBounds.SameWindow(window);
  }

  private static Case of(String name, JoinBounds bounds, String script, String expected) {
    return of(name, bounds, script, expected, "");
  }

  private static Case of(
      String name, JoinBounds bounds, String script, String expected, String late) {
    return new Case(name, bounds, script, expected, late, "");
  }

  private static Case failing(
      String name, JoinBounds bounds, String script, String expected, String letters) {
    return failing(name, bounds, script, expected, "", letters);
  }

  private static Case failing(
      String name, JoinBounds bounds, String script, String expected, String late, String letters) {
    return new Case(name, bounds, script, expected, late, letters);
  }

  /** Has a harness take the record of a step. */
  static void take(JoinHarness harness, String step) {
    String[] parts = step.split(" ");
    int input = parts[0].charAt(0) == 'L' ? 0 : 1;
    int kind = parts[0].endsWith("!") ? FrameFormat.TOO_FAR_AHEAD : FrameFormat.RECORD;
    String record = parts[1].contains("/") ? parts[1] : "k/" + parts[1];
    String key = record.substring(0, record.indexOf('/'));
    String value = record.substring(record.indexOf('/') + 1, record.indexOf('@'));
    long time = Long.parseLong(record.substring(record.indexOf('@') + 1));
    harness.record(input, key, time, value, kind);
  }

  /** {@return a join of texts} */
  static KeyedOperation.StreamJoin join(JoinKind kind, JoinBounds bounds) {
    OutputTag<Late<String>> left = Late.tag("left", String.class);
    OutputTag<Late<String>> right = Late.tag("right", String.class);
    return new KeyedOperation.StreamJoin(
        kind,
        bounds,
        new FailingPairs("-").function(),
        String.class,
        String.class,
        Optional.of(left),
        Optional.of(right));
  }
}
