package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CaseTests.split;

import dev.millrace.internal.plan.JoinKind;
import java.util.Arrays;
import java.util.List;

/**
 * The table of cases of joins of two tables. A script is a list of steps: {@code L a@10} is a row
 * of the left table, {@code L -@10} its deletion, {@code R} one of the right, {@code C} a commit.
 * Expected are the changes in the order of inner, left, right and outer joins.
 *
 * <p>A row that ends with {@code !} makes the function fail, one with {@code ?} the first time; the
 * policy is to try again once. A case that ends with dead letters names its rows.
 */
final class TableJoinCases {

  /** A case; what is expected are the changes by kind, then the dead letters by kind, if any. */
  record Case(String name, String script, String... expected) implements CaseTests.Named {

    /** {@return the steps of each transaction} */
    List<List<String>> transactions() {
      return Arrays.stream(script.split("C")).map(CaseTests::split).toList();
    }

    /** {@return the changes, each with its key} */
    List<String> expected(JoinKind kind) {
      return split(expected[kind.ordinal()], ";").stream()
          .map(s -> s.contains(":") ? s : "k: " + s)
          .toList();
    }

    /** {@return the rows on which the function failed} */
    List<String> letters(JoinKind kind) {
      int letters = JoinKind.values().length;
      return expected.length > letters ? split(expected[letters + kind.ordinal()]) : List.of();
    }
  }

  static final List<Case> ALL =
      List.of(
          new Case("left only", "L a@10, C", "", ". -> a+-@10", "", ". -> a+-@10"),
          new Case("right only", "R x@10, C", "", "", ". -> -+x@10", ". -> -+x@10"),
          new Case("both in one transaction", "L a@10, R x@20, C", all(". -> a+x@20")),
          new Case("both, right first", "R x@20, L a@10, C", all(". -> a+x@20")),
          new Case(
              "left, then right",
              "L a@10, C, R x@20, C",
              ". -> a+x@20",
              ". -> a+-@10; a+- -> a+x@20",
              ". -> a+x@20",
              ". -> a+-@10; a+- -> a+x@20"),
          new Case(
              "right, then left, which is older",
              "R x@20, C, L a@10, C",
              ". -> a+x@20",
              ". -> a+x@20",
              ". -> -+x@20; -+x -> a+x@20",
              ". -> -+x@20; -+x -> a+x@20"),
          new Case("an update", "L a@10, R x@10, C, L b@30, C", all(". -> a+x@10; a+x -> b+x@30")),
          new Case(
              "an update of both",
              "L a@10, R x@10, C, L b@30, R y@40, C",
              all(". -> a+x@10; a+x -> b+y@40")),
          new Case(
              "an update there and back",
              "L a@10, R x@10, C, L b@30, L a@40, C",
              all(". -> a+x@10")),
          new Case(
              "an update to what it was",
              "L a@10, R x@10, C, L a@40, C, R y@20, C",
              all(". -> a+x@10; a+x -> a+y@20")),
          new Case(
              "the time of what did not change does not count",
              "L a@10, R x@10, C, L a@40, R y@20, C, R z@30, C",
              all(". -> a+x@10; a+x -> a+y@20; a+y -> a+z@30")),
          new Case(
              "left deleted",
              "L a@10, R x@10, C, L -@30, C",
              ". -> a+x@10; a+x -> .@30",
              ". -> a+x@10; a+x -> .@30",
              ". -> a+x@10; a+x -> -+x@30",
              ". -> a+x@10; a+x -> -+x@30"),
          new Case(
              "right deleted",
              "L a@10, R x@10, C, R -@30, C",
              ". -> a+x@10; a+x -> .@30",
              ". -> a+x@10; a+x -> a+-@30",
              ". -> a+x@10; a+x -> .@30",
              ". -> a+x@10; a+x -> a+-@30"),
          new Case(
              "both deleted",
              "L a@10, R x@10, C, R -@30, L -@20, C",
              all(". -> a+x@10; a+x -> .@30")),
          new Case(
              "both deleted, one after the other",
              "L a@10, R x@10, C, R -@30, C, L -@20, C",
              ". -> a+x@10; a+x -> .@30",
              ". -> a+x@10; a+x -> a+-@30; a+- -> .@30",
              ". -> a+x@10; a+x -> .@30",
              ". -> a+x@10; a+x -> a+-@30; a+- -> .@30"),
          new Case(
              "deleted and put back in one transaction",
              "L a@10, R x@10, C, R -@30, R x@40, C",
              all(". -> a+x@10")),
          new Case(
              "put and deleted in one transaction", "L a@10, R x@10, R -@20, L -@20, C", all("")),
          new Case("deletion of what is not there", "L -@10, R -@10, C", all("")),
          new Case(
              "time does not go back when a side is gone",
              "L a@10, R x@50, C, R -@20, C, L b@15, C, R y@16, C",
              ". -> a+x@50; a+x -> .@50; . -> b+y@16",
              ". -> a+x@50; a+x -> a+-@50; a+- -> b+-@50; b+- -> b+y@50",
              ". -> a+x@50; a+x -> .@50; . -> b+y@16",
              ". -> a+x@50; a+x -> a+-@50; a+- -> b+-@50; b+- -> b+y@50"),
          new Case(
              "time begins anew with the row",
              "L a@10, R x@50, C, R -@60, L -@60, C, L b@15, R y@16, C",
              all(". -> a+x@50; a+x -> .@60; . -> b+y@16")),
          new Case(
              "keys are apart",
              "L a@10, R j/x@10, C, L j/b@20, C",
              "j: . -> b+x@20",
              "k: . -> a+-@10; j: . -> b+x@20",
              "j: . -> -+x@10; j: -+x -> b+x@20",
              "k: . -> a+-@10; j: . -> -+x@10; j: -+x -> b+x@20"),
          // ---------------------------------------------------------- failures
          new Case(
              "a right row that fails deletes the result",
              "L a@10, C, R x!@20, C, R y@15, C",
              ". -> a+y@20",
              ". -> a+-@10; a+- -> .@20; . -> a+y@20",
              ". -> a+y@20",
              ". -> a+-@10; a+- -> .@20; . -> a+y@20",
              // Once when it is new, once when it is what was before.
              "a+x!, a+x!",
              "a+x!, a+x!",
              "a+x!, a+x!",
              "a+x!, a+x!"),
          new Case(
              "a left row that fails is not taken back",
              "L a!@10, C, R x@10, C, L -@30, C",
              "",
              "",
              ". -> -+x@30",
              ". -> -+x@30",
              "a!+x, a!+x",
              "a!+-, a!+-, a!+x, a!+x",
              "a!+x, a!+x",
              "a!+-, a!+-, a!+x, a!+x"),
          new Case(
              "rows that fail once",
              "L a?@10, C, R x@20, C",
              ". -> a?+x@20",
              ". -> a?+-@10; a?+- -> a?+x@20",
              ". -> a?+x@20",
              ". -> a?+-@10; a?+- -> a?+x@20"));

  private TableJoinCases() {}

  private static String[] all(String expected) {
    return new String[] {expected, expected, expected, expected};
  }
}
