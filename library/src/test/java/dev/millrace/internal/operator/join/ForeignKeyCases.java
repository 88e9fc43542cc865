package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CaseTests.ofKind;
import static dev.millrace.internal.operator.join.CaseTests.split;

import dev.millrace.internal.plan.JoinKind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The table of cases of joins by a foreign key. A script is a list of steps: {@code L k=f/a@10} is
 * the row a of the left key k, which refers to f, or to nothing if that is a dash; {@code L k=-@20}
 * deletes it. {@code R f=x@10} and {@code R f=-@20} are rows of the right table. Each step has all
 * its effects before the next one.
 *
 * <p>Expected are the changes of the inner, then of the left join, in their order.
 *
 * <p>A row that ends with {@code !} makes the function fail, one with {@code ?} the first time, and
 * a foreign key that is a {@code !} cannot be had; the policy is to try again once. For dead
 * letters the pairs are written that failed, and the left rows whose foreign keys cannot be had.
 */
final class ForeignKeyCases {

  /** A case. */
  record Case(String name, String script, String inner, String left, String letters)
      implements CaseTests.Named {

    Case(String name, String script, String inner, String left) {
      this(name, script, inner, left, "");
    }

    List<Step> steps() {
      return split(script).stream().map(Step::of).toList();
    }

    /** {@return the changes, each with its key} */
    List<String> expected(JoinKind kind) {
      return split(kind == JoinKind.LEFT ? left : inner, ";").stream()
          .map(s -> s.contains(":") ? s : "k: " + s)
          .toList();
    }

    /** {@return how many left rows there are in the end; one without its foreign key is gone} */
    int lefts() {
      Set<String> lefts = new HashSet<>();
      for (Step step : steps()) {
        if (step.isLeft() && (step.deletes() || step.row().startsWith("!/"))) {
          lefts.remove(step.key());
        } else if (step.isLeft()) {
          lefts.add(step.key());
        }
      }
      return lefts.size();
    }

    List<String> letters(JoinKind kind) {
      return ofKind(kind, split(letters));
    }
  }

  /**
   * A step.
   *
   * @param row a dash deletes it; a left one begins with its foreign key and a slash
   */
  record Step(boolean isLeft, String key, String row, long timeMs) {

    static Step of(String text) {
      String[] parts = text.split("[ =@]");
      return new Step(parts[0].equals("L"), parts[1], parts[2], Long.parseLong(parts[3]));
    }

    boolean deletes() {
      return row.equals("-");
    }
  }

  static final List<JoinKind> KINDS = List.of(JoinKind.INNER, JoinKind.LEFT);

  static final List<Case> ALL =
      List.of(
          // ---------------------------------------------------------- which meet
          of("left without a right", "L k=f/a@10", "", ". -> a+-@10"),
          of("right without a left", "R f=x@10", ""),
          of(
              "left, then right",
              "L k=f/a@10, R f=x@20",
              ". -> a+x@20",
              ". -> a+-@10; a+- -> a+x@20"),
          of("right, then left", "R f=x@20, L k=f/a@10", ". -> a+x@20"),
          of("another right", "R g=x@5, L k=f/a@10", "", ". -> a+-@10"),
          of(
              "keys that begin alike",
              "R f=x@10, R ff=y@10, L k=f/a@20, L j=ff/b@20, R f=z@30",
              "k: . -> a+x@20; j: . -> b+y@20; k: a+x -> a+z@30"),
          of(
              "several lefts of one right",
              "L j=f/b@11, L k=f/a@10, R f=x@20, R f=y@30",
              "j: . -> b+x@20; k: . -> a+x@20; j: b+x -> b+y@30; k: a+x -> a+y@30",
              "j: . -> b+-@11; k: . -> a+-@10; j: b+- -> b+x@20; k: a+- -> a+x@20;"
                  + " j: b+x -> b+y@30; k: a+x -> a+y@30"),
          of(
              "several lefts of several rights",
              "R f=x@10, R g=y@10, L j=f/b@20, L k=g/a@20, R g=z@30, R f=v@40",
              "j: . -> b+x@20; k: . -> a+y@20; k: a+y -> a+z@30; j: b+x -> b+v@40"),
          of("no foreign key", "L k=-/a@10", "", ". -> a+-@10"),
          // ---------------------------------------------------------- changes
          of("the left changes", "R f=x@10, L k=f/a@20, L k=f/b@30", ". -> a+x@20; a+x -> b+x@30"),
          of("the right changes", "R f=x@10, L k=f/a@20, R f=y@30", ". -> a+x@20; a+x -> a+y@30"),
          of("an equal left row", "R f=x@10, L k=f/a@20, L k=f/a@30", ". -> a+x@20"),
          of("an equal right row", "R f=x@10, L k=f/a@20, R f=x@30", ". -> a+x@20"),
          of(
              "a change without a foreign key",
              "L k=-/a@10, L k=-/b@20",
              "",
              ". -> a+-@10; a+- -> b+-@20"),
          // ---------------------------------------------------------- another foreign key
          of(
              "to another right",
              "R f=x@10, R g=y@10, L k=f/a@20, L k=g/b@30",
              ". -> a+x@20; a+x -> b+y@30"),
          of("to an equal right", "R f=x@10, R g=x@10, L k=f/a@20, L k=g/a@30", ". -> a+x@20"),
          of(
              "there and back",
              "R f=x@10, R g=y@10, L k=f/a@20, L k=g/a@30, L k=f/a@40",
              ". -> a+x@20; a+x -> a+y@30; a+y -> a+x@40"),
          of(
              "to none that is there",
              "R f=x@10, L k=f/a@20, L k=g/b@30",
              ". -> a+x@20; a+x -> .@30",
              ". -> a+x@20; a+x -> b+-@30"),
          of(
              "from none that is there",
              "L k=g/a@10, R f=x@20, L k=f/b@30",
              ". -> b+x@30",
              ". -> a+-@10; a+- -> b+x@30"),
          of(
              "the foreign key is lost",
              "R f=x@10, L k=f/a@20, L k=-/b@30",
              ". -> a+x@20; a+x -> .@30",
              ". -> a+x@20; a+x -> b+-@30"),
          of(
              "the foreign key is found",
              "R f=x@10, L k=-/a@20, L k=f/b@30",
              ". -> b+x@30",
              ". -> a+-@20; a+- -> b+x@30"),
          of(
              "the old right changes after that",
              "R f=x@10, R g=y@10, L k=f/a@20, L k=g/b@30, R f=z@40, R f=-@50, R g=v@60",
              ". -> a+x@20; a+x -> b+y@30; b+y -> b+v@60"),
          // ---------------------------------------------------------- deletions
          of("left deleted", "R f=x@10, L k=f/a@20, L k=-@30", ". -> a+x@20; a+x -> .@30"),
          of(
              "left deleted and back",
              "R f=x@10, L k=f/a@20, L k=-@30, L k=f/b@40",
              ". -> a+x@20; a+x -> .@30; . -> b+x@40"),
          of(
              "left deleted and back elsewhere",
              "R f=x@10, R g=y@10, L k=f/a@20, L k=-@30, L k=g/b@40, R f=z@50",
              ". -> a+x@20; a+x -> .@30; . -> b+y@40"),
          of(
              "left deleted without a right",
              "L k=f/a@10, L k=-@20, R f=x@30",
              "",
              ". -> a+-@10; a+- -> .@20"),
          of(
              "left deleted without a foreign key",
              "L k=-/a@10, L k=-@20",
              "",
              ". -> a+-@10; a+- -> .@20"),
          of(
              "right deleted",
              "R f=x@10, L k=f/a@20, R f=-@30",
              ". -> a+x@20; a+x -> .@30",
              ". -> a+x@20; a+x -> a+-@30"),
          of(
              "right deleted and back",
              "R f=x@10, L k=f/a@20, R f=-@30, R f=y@40",
              ". -> a+x@20; a+x -> .@30; . -> a+y@40",
              ". -> a+x@20; a+x -> a+-@30; a+- -> a+y@40"),
          of(
              "left changed while the right is away",
              "R f=x@10, L k=f/a@20, R f=-@30, L k=f/b@40, R f=x@50",
              ". -> a+x@20; a+x -> .@30; . -> b+x@50",
              ". -> a+x@20; a+x -> a+-@30; a+- -> b+-@40; b+- -> b+x@50"),
          of(
              "both deleted, right first",
              "R f=x@10, L k=f/a@20, R f=-@30, L k=-@40",
              ". -> a+x@20; a+x -> .@30",
              ". -> a+x@20; a+x -> a+-@30; a+- -> .@40"),
          of(
              "both deleted, left first",
              "R f=x@10, L k=f/a@20, L k=-@30, R f=-@40",
              ". -> a+x@20; a+x -> .@30"),
          of("deletion of what is not there", "L k=-@10, R f=-@10", ""),
          // ---------------------------------------------------------- times
          of(
              "a right that is older than the left",
              "L k=f/a@50, R f=x@20",
              ". -> a+x@50",
              ". -> a+-@50; a+- -> a+x@50"),
          of(
              "times do not go back",
              "R f=x@50, L k=f/a@10, L k=f/b@20, R f=y@30",
              ". -> a+x@50; a+x -> b+x@50; b+x -> b+y@50"),
          of(
              "times do not go back from right to right",
              "R f=x@50, R g=y@5, L k=f/a@10, L k=g/b@20",
              ". -> a+x@50; a+x -> b+y@50"),
          // ---------------------------------------------------------- failures
          new Case(
              "a right row that fails",
              "R f=x@10, L k=f/a@20, R f=y!@30, R f=z@40",
              ". -> a+x@20; a+x -> .@30; . -> a+z@40",
              ". -> a+x@20; a+x -> .@30; . -> a+z@40",
              "a+y!"),
          new Case(
              "a left row that fails",
              "R f=x@10, L k=f/a@20, L k=f/b!@30, L k=f/c@40",
              ". -> a+x@20; a+x -> .@30; . -> c+x@40",
              ". -> a+x@20; a+x -> .@30; . -> c+x@40",
              "b!+x"),
          new Case(
              "a left row that fails without a right",
              "L k=f/a!@10, R f=x@20, L k=f/b@30",
              ". -> b+x@30",
              ". -> b+x@30",
              "a!+-, a!+x"),
          new Case(
              "a left row that fails without a foreign key",
              "L k=-/a!@10, L k=-/b@20",
              "",
              ". -> b+-@20",
              "a!+-"),
          new Case(
              "a foreign key that cannot be had",
              "R f=x@10, L k=f/a@20, L k=!/b@30, L k=f/c@40",
              ". -> a+x@20; a+x -> .@30; . -> c+x@40",
              ". -> a+x@20; a+x -> .@30; . -> c+x@40",
              "!/b"),
          of("a pair that fails once", "R f=x@10, L k=f/a?@20", ". -> a?+x@20"));

  private ForeignKeyCases() {}

  private static Case of(String name, String script, String both) {
    return new Case(name, script, both, both);
  }

  private static Case of(String name, String script, String inner, String left) {
    return new Case(name, script, inner, left);
  }

  /**
   * {@return the foreign key of a left row, or null}
   *
   * @param place the key of the row
   */
  static @Nullable String foreignKey(String place, String row) {
    String key = row.substring(0, row.indexOf('/'));
    if (key.equals("!")) {
      throw DeadLetters.failure(place, row);
    }
    return key.equals("-") ? null : key;
  }

  /** {@return a left row without its foreign key} */
  static String withoutKey(String row) {
    return row.substring(row.indexOf('/') + 1);
  }
}
