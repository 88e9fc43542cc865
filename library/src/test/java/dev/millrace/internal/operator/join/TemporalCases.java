package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CaseTests.split;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.window.Late;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of cases of lookups as of event time. A script is a list of steps: {@code T k=x@10} is
 * a row of key k from time 10 on, {@code T k=-@20} its deletion, {@code S k/a@15} a record, {@code
 * S!} and {@code T!} those whose time is too far in the future, {@code W 20} the watermark. The end
 * of time follows.
 *
 * <p>What is expected are the results of the left join in their order, with the watermarks in
 * between. The inner one has those with a row.
 *
 * <p>A record that ends with {@code !} makes the function fail, as does a row of this kind the one
 * that makes rows; one with {@code ?} the first time. The policy is to try again once. For dead
 * letters the pairs are written that failed.
 */
final class TemporalCases {

  static final UpsertFunction<String, String> ROW = value -> value.equals("-") ? null : value;

  static final List<JoinKind> KINDS = List.of(JoinKind.INNER, JoinKind.LEFT);

  /**
   * A case.
   *
   * @param late what is reported of late records
   * @param rows how many keys have a row in the end
   */
  record Case(String name, String script, String results, String late, String letters, int rows)
      implements CaseTests.Named {

    List<String> steps() {
      return split(script);
    }

    List<String> expected(JoinKind kind) {
      return split(results).stream()
          .filter(one -> kind.keepsLeft() || !one.contains("+null@"))
          .toList();
    }

    List<String> lateOnes() {
      return split(late);
    }

    /** {@return the records that could not be joined, and the rows that could not be had} */
    List<String> letters(JoinKind kind) {
      return failures(kind).stream().map(one -> one.replaceFirst("\\+.*", "")).toList();
    }

    /** {@return the pairs on which the function failed, and the rows that could not be had} */
    List<String> failures(JoinKind kind) {
      return split(letters).stream()
          .filter(one -> kind.keepsLeft() || !one.endsWith("+null"))
          .toList();
    }
  }

  static final List<Case> ALL =
      List.of(
          // ---------------------------------------------------------- which version
          of("no row", "S k/a@10", "end, a+null@10", 0),
          of("a row before", "T k=x@5, S k/a@10", "end, a+x@10", 1),
          of("a row before, that comes later", "S k/a@10, T k=x@5", "end, a+x@10", 1),
          of("a row of the same time", "T k=x@10, S k/a@10", "end, a+x@10", 1),
          of("a row of the same time, later", "S k/a@10, T k=x@10", "end, a+x@10", 1),
          of("a row after", "T k=x@11, S k/a@10", "end, a+null@10", 1),
          of("the row of another key", "T j=x@5, S k/a@10", "end, a+null@10", 1),
          of(
              "the newest that is not after",
              "T k=x@5, T k=y@8, T k=z@12, S k/a@10",
              "end, a+y@10",
              1),
          of("rows out of order", "T k=z@12, T k=y@8, T k=x@5, S k/a@10", "end, a+y@10", 1),
          of("two of one time", "T k=x@5, T k=y@5, S k/a@10", "end, a+y@10", 1),
          of("two of one time, a record between", "T k=x@5, S k/a@10, T k=y@5", "end, a+y@10", 1),
          of(
              "a record at each time",
              "T k=x@10, T k=y@12, S k/a@9, S k/b@10, S k/c@11, S k/d@12, S k/e@13",
              "end, a+null@9, b+x@10, c+x@11, d+y@12, e+y@13",
              1),
          of("negative times", "T k=x@-20, T k=y@-5, S k/a@-10, S k/b@0", "end, a+x@-10, b+y@0", 1),
          // ---------------------------------------------------------- deletions
          of("deleted before", "T k=x@5, T k=-@8, S k/a@10", "end, a+null@10", 0),
          of("deleted at the time", "T k=x@5, T k=-@10, S k/a@10", "end, a+null@10", 0),
          of("deleted after", "T k=x@5, T k=-@11, S k/a@10", "end, a+x@10", 0),
          of(
              "deleted and back",
              "T k=x@5, T k=-@8, T k=y@9, S k/a@8, S k/b@9",
              "end, a+null@8, b+y@9",
              1),
          of(
              "a deletion that comes first",
              "T k=-@8, T k=x@5, S k/a@6, S k/b@9",
              "end, a+x@6, b+null@9",
              0),
          of("a deletion of no row", "T k=-@8, S k/a@10", "end, a+null@10", 0),
          of("deleted and set at one time", "T k=-@8, T k=x@8, S k/a@10", "end, a+x@10", 1),
          of("set and deleted at one time", "T k=x@8, T k=-@8, S k/a@10", "end, a+null@10", 0),
          of("a deletion alone", "T k=-@8", "end", 0),
          of("set and deleted at one time, alone", "T k=x@8, T k=-@8", "end", 0),
          // ---------------------------------------------------------- when
          of(
              "at the watermark it still waits",
              "T k=x@5, S k/a@10, W 10, W 11",
              "W 10, W 11, a+x@10, end",
              1),
          of(
              "a row that comes while it waits",
              "S k/a@10, W 10, T k=x@10, W 11",
              "W 10, W 11, a+x@10, end",
              1),
          of(
              "in the order of their times",
              "T k=x@5, S k/c@12, S k/a@10, S k/b@11, W 12",
              "W 12, a+x@10, b+x@11, end, c+x@12",
              1),
          of(
              "equal times in the order of arrival",
              "T k=x@5, S k/b@10, S k/a@10, W 20",
              "W 20, b+x@10, a+x@10, end",
              1),
          of(
              "keys in the order of what is due first",
              "T k=x@1, T j=y@1, S k/a@12, S j/b@11, S k/c@20, W 30",
              "W 30, b+y@11, a+x@12, c+x@20, end",
              2),
          of(
              "the watermark moves in between",
              "T k=x@5, S k/a@10, W 11, T k=y@12, S k/b@11, S k/c@12, W 20",
              "W 11, a+x@10, W 20, b+x@11, c+y@12, end",
              1),
          of(
              "a row that is old",
              "T k=x@5, W 1000, S k/a@1000, W 2000, S k/b@2000, W 2001",
              "W 1000, W 2000, a+x@1000, W 2001, b+x@2000, end",
              1),
          of(
              "versions go, the newest stays",
              "T k=x@5, T k=y@10, T k=z@15, W 12, S k/a@12, S k/b@15, W 30, S k/c@30",
              "W 12, W 30, a+y@12, b+z@15, end, c+z@30",
              1),
          of(
              "a deletion goes when it is passed",
              "T k=x@5, T k=-@10, W 11, S k/a@11, W 12, T k=y@20, S k/b@19, S k/c@20",
              "W 11, W 12, a+null@11, end, b+null@19, c+y@20",
              1),
          // ---------------------------------------------------------- late
          of(
              "a late record",
              "T k=x@5, W 10, S k/a@9, S k/b@10",
              "W 10, end, b+x@10",
              "counted 1, late a@9 BEHIND_WATERMARK",
              1),
          of("a record of the watermark's time", "T k=x@5, W 10, S k/a@10", "W 10, end, a+x@10", 1),
          of(
              "a late row that is the newest",
              "T k=x@5, W 10, T k=y@8, S k/a@10",
              "W 10, end, a+y@10",
              "partly 1",
              1),
          of(
              "a late row of the same time",
              "T k=x@5, W 10, T k=y@5, S k/a@10",
              "W 10, end, a+y@10",
              "partly 1",
              1),
          of(
              "a late row that was replaced",
              "T k=x@5, W 10, T k=y@4, S k/a@10",
              "W 10, end, a+x@10",
              "counted 1",
              1),
          of(
              "a late row where there is none",
              "W 10, T k=y@4, S k/a@10",
              "W 10, end, a+y@10",
              "partly 1",
              1),
          of(
              "a late row before one that is not",
              "T k=x@20, W 10, T k=y@4, S k/a@10, S k/b@20",
              "W 10, end, a+y@10, b+x@20",
              "partly 1",
              1),
          of(
              "a late deletion",
              "T k=x@5, W 10, T k=-@8, S k/a@10",
              "W 10, end, a+null@10",
              "partly 1",
              0),
          of(
              "a late deletion of a row that was replaced",
              "T k=x@5, W 10, T k=-@4, S k/a@10",
              "W 10, end, a+x@10",
              "counted 1",
              1),
          of(
              "a late deletion of no row",
              "W 10, T k=-@4, S k/a@10",
              "W 10, end, a+null@10",
              "partly 1",
              0),
          of(
              "late rows in a row",
              "T k=x@5, W 10, T k=y@6, T k=z@8, W 10, T k=v@7, S k/a@10",
              "W 10, W 10, end, a+z@10",
              "partly 1, partly 1, counted 1",
              1),
          of(
              "a late row for one that waits",
              "S k/a@12, W 10, T k=x@9, W 13",
              "W 10, W 13, a+x@12, end",
              "partly 1",
              1),
          of(
              "a row that is known long before it is valid",
              "T k=x@5, T! k=y@900, S k/a@10, W 100, S k/b@899, W 2000, S k/c@2000",
              "W 100, a+x@10, W 2000, b+x@899, end, c+y@2000",
              1),
          of(
              "a record that is too far ahead",
              "T k=x@5, S! k/a@900, S k/b@10",
              "end, b+x@10",
              "counted 1, late a@900 TOO_FAR_AHEAD",
              1),
          // ---------------------------------------------------------- keys
          of(
              "keys apart",
              "T j=x@5, T k=y@6, S k/a@10, S j/b@10, T j=-@7, S jk/c@10, T jk=z@1",
              "end, b+null@10, c+z@10, a+y@10",
              2),
          // ---------------------------------------------------------- failures
          failing(
              "a record that fails",
              "T k=x@5, S k/a!@10, S k/b@11, W 11",
              "W 11, end, b+x@11",
              "a!+x",
              1),
          failing(
              "a record without a row that fails",
              "S k/a!@10, S k/b@11",
              "end, b+null@11",
              "a!+null",
              0),
          failing("a record that fails once", "T k=x@5, S k/a?@10", "end, a?+x@10", "", 1),
          failing(
              "a row that cannot be had deletes the one before",
              "T k=x@5, T k=y!@8, S k/a@7, S k/b@9",
              "end, a+x@7, b+null@9",
              "y!",
              0),
          failing(
              "a row that cannot be had at first",
              "T k=x@5, T k=y?@8, S k/a@9",
              "end, a+y?@9",
              "",
              1));

  private TemporalCases() {}

  private static Case of(String name, String script, String results, int rows) {
    return new Case(name, script, results, "", "", rows);
  }

  private static Case of(String name, String script, String results, String late, int rows) {
    return new Case(name, script, results, late, "", rows);
  }

  private static Case failing(
      String name, String script, String results, String letters, int rows) {
    return new Case(name, script, results, "", letters, rows);
  }

  /** {@return a lookup of text, of which a dash deletes the row} */
  static TableLookup.AsOfEventTime lookup(JoinKind kind) {
    FailingPairs pairs = new FailingPairs("null");
    UpsertFunction<String, String> rowOf =
        value -> ROW.apply(pairs.joined("", Collections.singletonList(value)));
    return new TableLookup.AsOfEventTime(
        kind,
        pairs.function(),
        rowOf,
        String.class,
        String.class,
        Optional.of(Late.tag("late", String.class)));
  }

  static JoinHarness harness(
      TableLookup.AsOfEventTime lookup, ErrorPolicy policy, @Nullable Path place) {
    LookupOperator.AsOfEventTime plan = new LookupOperator.AsOfEventTime(lookup, String.class);
    return new JoinHarness(
        plan, context -> TemporalLookupOperator.of(plan, context), policy, place);
  }

  /** Has a harness take the record or the row of a step. */
  static void take(JoinHarness harness, String step) {
    String[] parts = step.split(" ");
    int input = parts[0].startsWith("S") ? TableLookup.STREAM : TableLookup.TABLE;
    int kind = parts[0].endsWith("!") ? FrameFormat.TOO_FAR_AHEAD : FrameFormat.RECORD;
    String[] record = parts[1].split("[/=@]");
    harness.record(input, record[0], Long.parseLong(record[2]), record[1], kind);
  }
}
