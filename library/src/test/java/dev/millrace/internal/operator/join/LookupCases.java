package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CaseTests.split;

import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.TableLookup;
import java.util.List;

/**
 * The table of cases of lookups in a table as it is now. A script is a list of steps: {@code T
 * key=row} and {@code T key=-} change the table, {@code S key/value@time} is a record, {@code S!}
 * one too far ahead of the clock, {@code W time} the watermark.
 *
 * <p>A value or row that ends with {@code !} makes the function fail, one with {@code ?} the first
 * time; the policy is to try again once. For dead letters the pairs are written that failed.
 */
final class LookupCases {

  /** A case. */
  record Case(String name, String script, String inner, String left, String letters)
      implements CaseTests.Named {

    Case(String name, String script, String inner, String left) {
      this(name, script, inner, left, "");
    }

    List<String> steps() {
      return split(script);
    }

    List<String> expected(JoinKind kind) {
      return split(kind == JoinKind.LEFT ? left : inner);
    }

    /** {@return the records that could not be joined} */
    List<String> letters(JoinKind kind) {
      return failures(kind).stream().map(one -> one.substring(0, one.indexOf('+'))).toList();
    }

    /** {@return the pairs on which the function failed} */
    List<String> failures(JoinKind kind) {
      return split(letters).stream()
          .filter(one -> kind.keepsLeft() || !one.endsWith("+null"))
          .toList();
    }
  }

  static final List<JoinKind> KINDS = List.of(JoinKind.INNER, JoinKind.LEFT);

  static final List<Case> ALL =
      List.of(
          new Case("no row", "S k/a@1", "", "a+null@1"),
          new Case("a row", "T k=x, S k/a@1", "a+x@1", "a+x@1"),
          new Case("the row of another key", "T j=x, S k/a@1", "", "a+null@1"),
          new Case("a row that comes later", "S k/a@1, T k=x", "", "a+null@1"),
          new Case("before and after a row", "S k/a@1, T k=x, S k/b@2", "b+x@2", "a+null@1, b+x@2"),
          new Case("a row that was replaced", "T k=x, T k=y, S k/a@1", "a+y@1", "a+y@1"),
          new Case(
              "before and after a change",
              "T k=x, S k/a@1, T k=y, S k/b@1",
              "a+x@1, b+y@1",
              "a+x@1, b+y@1"),
          new Case("a row that was deleted", "T k=x, T k=-, S k/a@1", "", "a+null@1"),
          new Case(
              "before and after a deletion",
              "T k=x, S k/a@1, T k=-, S k/b@2",
              "a+x@1",
              "a+x@1, b+null@2"),
          new Case("a row that came back", "T k=x, T k=-, T k=y, S k/a@1", "a+y@1", "a+y@1"),
          new Case(
              "a deletion of no row", "T k=-, S k/a@1, T k=x, S k/b@1", "b+x@1", "a+null@1, b+x@1"),
          new Case("an equal row", "T k=x, T k=x, S k/a@1", "a+x@1", "a+x@1"),
          new Case(
              "several keys",
              "T j=x, T k=y, S k/a@1, S j/b@1, T j=-, S j/c@1, S k/d@1",
              "a+y@1, b+x@1, d+y@1",
              "a+y@1, b+x@1, c+null@1, d+y@1"),
          new Case(
              "time does not matter",
              "T k=x, W 100, S k/a@500, S k/b@20, T k=y, S k/c@3",
              "a+x@500, b+x@20, c+y@3",
              "a+x@500, b+x@20, c+y@3"),
          new Case("too far ahead of the clock", "T k=x, S! k/a@900", "a+x@900!", "a+x@900!"),
          new Case("too far ahead, without a row", "S! k/a@900", "", "a+null@900!"),
          new Case("after the end of time", "T k=x, W end, S k/a@1", "a+x@1", "a+x@1"),
          new Case("a record that fails", "T k=x, S k/a!@1, S k/b@2", "b+x@2", "b+x@2", "a!+x"),
          new Case(
              "a record without a row that fails", "S k/a!@1, S k/b@2", "", "b+null@2", "a!+null"),
          new Case(
              "a row with which all fail",
              "T k=x!, S k/a@1, S k/b@2, T k=y, S k/c@3",
              "c+y@3",
              "c+y@3",
              "a+x!, b+x!"),
          new Case(
              "a row with which all failed is deleted",
              "T k=x!, S k/a@1, T k=-, S k/b@2",
              "",
              "b+null@2",
              "a+x!"),
          new Case("a record that fails once", "T k=x, S k/a?@1", "a?+x@1", "a?+x@1"));

  private LookupCases() {}

  /** Has a harness take the record or the row of a step. */
  static void take(JoinHarness harness, String step) {
    String[] parts = step.split(" ");
    if (parts[0].equals("T")) {
      String[] row = parts[1].split("=");
      Upserted<String> change = new Upserted<>(row[1].equals("-") ? null : row[1]);
      harness.record(TableLookup.TABLE, row[0], 7, change);
      return;
    }
    String[] record = parts[1].split("[/@]");
    int kind = parts[0].equals("S!") ? FrameFormat.TOO_FAR_AHEAD : FrameFormat.RECORD;
    harness.record(TableLookup.STREAM, record[0], Long.parseLong(record[2]), record[1], kind);
  }

  /** {@return a lookup of text} */
  static TableLookup.AsOfNow lookup(JoinKind kind) {
    return new TableLookup.AsOfNow(
        kind, new FailingPairs("null").function(), String.class, String.class);
  }
}
