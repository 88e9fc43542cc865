package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.ForeignKeySteps.directs;
import static dev.millrace.internal.operator.join.ForeignKeySteps.left;
import static dev.millrace.internal.operator.join.ForeignKeySteps.result;
import static dev.millrace.internal.operator.join.ForeignKeySteps.results;
import static dev.millrace.internal.operator.join.ForeignKeySteps.right;
import static dev.millrace.internal.operator.join.ForeignKeySteps.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.table.Revision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The steps of a join by a foreign key together, over channels of any speed. */
final class ForeignKeyNetworkTest {

  /** The three steps with a task of the right one for each of three foreign keys. */
  private static final class Network implements AutoCloseable {
    private final Random random;
    private final JoinHarness left;
    private final Map<String, JoinHarness> rights = new TreeMap<>();
    private final JoinHarness result = result();
    private final Map<String, Deque<Object>> toRight = new TreeMap<>();
    private final Map<String, Deque<Object>> toResult = new TreeMap<>();
    private final Map<String, String> lefts = new TreeMap<>();
    private final Map<String, String> rightRows = new TreeMap<>();
    private final Map<String, String> table = new TreeMap<>();
    private final Map<String, Integer> newest = new HashMap<>();
    private final JoinKind kind;

    Network(JoinKind kind, Random random) {
      this.kind = kind;
      this.random = random;
      this.left = left(kind, ErrorPolicy.fail());
      toResult.put("direct", new ArrayDeque<>());
      for (String foreignKey : List.of("f0", "f1", "f2")) {
        rights.put(foreignKey, right(kind, ErrorPolicy.fail()));
        toRight.put(foreignKey, new ArrayDeque<>());
        toResult.put(foreignKey, new ArrayDeque<>());
      }
    }

    void changeLeft(int number) {
      String key = "k" + random.nextInt(3);
      String to = random.nextInt(5) == 0 ? "-" : "f" + random.nextInt(3);
      String row = random.nextInt(4) == 0 ? null : to + "/" + number;
      left.record(0, key, number, row(row));
      lefts.compute(key, (any, before) -> row);
      results(left)
          .forEach(
              each -> {
                Subscribing going = (Subscribing) each;
                Objects.requireNonNull(toRight.get(going.foreignKey().toString()))
                    .add(going.subscription());
              });
      directs(left).forEach(Objects.requireNonNull(toResult.get("direct"))::add);
      if (random.nextBoolean()) {
        left.commit();
      }
    }

    void changeRight(int number) {
      String key = "f" + random.nextInt(3);
      String row = random.nextInt(4) == 0 ? null : "r" + number;
      rightRows.compute(key, (any, before) -> row);
      Objects.requireNonNull(toRight.get(key)).add(row(row));
    }

    /** Moves one of the channels on; returns false if there is nothing to move. */
    boolean step(String said) {
      List<String> busy =
          toRight.keySet().stream().filter(k -> !queue(toRight, k).isEmpty()).toList();
      List<String> answering =
          toResult.keySet().stream().filter(k -> !queue(toResult, k).isEmpty()).toList();
      int choices = busy.size() + answering.size();
      if (choices == 0) {
        return false;
      }
      int choice = random.nextInt(choices);
      if (choice < busy.size()) {
        String key = busy.get(choice);
        JoinHarness task = Objects.requireNonNull(rights.get(key));
        Object arrived = queue(toRight, key).remove();
        task.record(arrived instanceof Upserted<?> ? 0 : 1, key, 0, arrived);
        results(task).forEach(queue(toResult, key)::add);
        task.commit();
        return true;
      }
      Answer answer = (Answer) queue(toResult, answering.get(choice - busy.size())).remove();
      result.record(0, answer.key().toString(), 0, answer.result());
      if (random.nextInt(3) > 0) {
        emitted(said);
      }
      return true;
    }

    private static Deque<Object> queue(Map<String, Deque<Object>> queues, String key) {
      return Objects.requireNonNull(queues.get(key));
    }

    /** Applies what is emitted, whose left rows must not get older, nor its right ones be lost. */
    void emitted(String said) {
      result.commit();
      for (Object each : results(result)) {
        Revision revision = (Revision) each;
        String key = revision.key().toString();
        assertThat(table.get(key)).as(said).isEqualTo(revision.before());
        if (revision.after() == null) {
          table.remove(key);
        } else {
          String after = revision.after().toString();
          table.put(key, after);
          int number = Integer.parseInt(after.replaceAll(".*/(\\d+)\\+.*", "$1"));
          assertThat(number)
              .as("%s: %s after %s", said, after, newest)
              .isGreaterThanOrEqualTo(newest.getOrDefault(key, 0));
          newest.put(key, number);
        }
      }
    }

    Map<String, String> expected() {
      Map<String, String> expected = new TreeMap<>();
      lefts.forEach(
          (key, row) -> {
            String right = rightRows.get(row.substring(0, row.indexOf('/')));
            if (right != null || kind == JoinKind.LEFT) {
              expected.put(key, row + "+" + right);
            }
          });
      return expected;
    }

    @Override
    public void close() {
      left.close();
      rights.values().forEach(JoinHarness::close);
      result.close();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INNER", "LEFT"})
  void resultsAreExactHoweverFastTheWaysAre(JoinKind kind) {
    long first = ThreadLocalRandom.current().nextLong(1_000_000);
    for (long seed = first; seed < first + 150; seed++) {
      Random random = new Random(seed);
      String said = kind + ", seed " + seed;
      try (Network network = new Network(kind, random)) {
        for (int number = 1; number <= 60; number++) {
          if (random.nextInt(3) == 0) {
            network.changeRight(number);
          } else {
            network.changeLeft(number);
          }
          for (int i = random.nextInt(5); i > 0; i--) {
            network.step(said);
          }
        }
        while (network.step(said)) {
          // until nothing is under way
        }
        network.emitted(said);
        assertThat(network.table).as(said).isEqualTo(network.expected());
        assertThat(network.result.rows())
            .as("rows, of which none is of what is gone, %s", said)
            .isEqualTo(network.table.size());
      }
    }
  }

  /** A right row that is there all the time is never missing, wherever left rows move. */
  @Test
  void noResultIsWithoutARightRowThatIsThere() {
    long first = ThreadLocalRandom.current().nextLong(1_000_000);
    for (long seed = first; seed < first + 50; seed++) {
      Random random = new Random(seed);
      String said = "seed " + seed;
      try (Network network = new Network(JoinKind.LEFT, random)) {
        for (String foreignKey : List.of("f0", "f1", "f2")) {
          network.rightRows.put(foreignKey, "r");
          Objects.requireNonNull(network.rights.get(foreignKey)).record(0, foreignKey, 0, row("r"));
        }
        List<String> seen = new ArrayList<>();
        for (int number = 1; number <= 60; number++) {
          network.changeLeft(number);
          for (int i = random.nextInt(5); i > 0; i--) {
            network.step(said);
            seen.addAll(network.table.values());
          }
        }
        assertThat(seen).as(said).isNotEmpty();
        assertThat(seen).as(said).allMatch(row -> row.startsWith("-/") == row.endsWith("+null"));
      }
    }
  }
}
