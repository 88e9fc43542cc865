package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.operator.ClockOutcome;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.ForeignKeyJoin.Answer;
import dev.millrace.internal.plan.ForeignKeyJoin.Phase;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscribing;
import dev.millrace.internal.plan.ForeignKeyJoin.Subscription;
import dev.millrace.internal.plan.ForeignKeyJoin.VersionedResult;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.Upserted;
import dev.millrace.internal.table.Revision;
import dev.millrace.serde.TypeRef;
import java.lang.reflect.Type;
import java.time.Duration;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The steps of a join by a foreign key: each by itself, and together over channels of any speed.
 */
final class ForeignKeyOperatorsTest {

  /** A left row is its foreign key and a number, such as {@code f1/3}; {@code -/3} has none. */
  private static final ForeignKeyFunction<String, String> FOREIGN_KEY =
      row -> {
        if (row.startsWith("?")) {
          throw new IllegalArgumentException("no foreign key in " + row);
        }
        String key = row.substring(0, row.indexOf('/'));
        return key.equals("-") ? null : key;
      };

  private static final JoinFunction<String, @Nullable String, String> PAIR =
      (left, right) -> {
        if (left.endsWith("!") || (right != null && right.endsWith("!"))) {
          throw new IllegalArgumentException("cannot join");
        }
        return left + "+" + right;
      };

  private static JoinHarness left(JoinKind kind, ErrorPolicy policy) {
    ForeignKeyJoin.Left plan =
        new ForeignKeyJoin.Left(kind, FOREIGN_KEY, PAIR, String.class, String.class);
    return new JoinHarness(plan, context -> ForeignKeyLeft.of(plan, context), policy, null);
  }

  private static JoinHarness right(JoinKind kind, ErrorPolicy policy) {
    ForeignKeyJoin.Right plan =
        new ForeignKeyJoin.Right(
            kind, PAIR, String.class, String.class, String.class, String.class);
    return new JoinHarness(plan, context -> ForeignKeyRight.of(plan, context), policy, null);
  }

  private static JoinHarness result() {
    ForeignKeyJoin.Result plan = new ForeignKeyJoin.Result(String.class, String.class, 0, 0);
    return new JoinHarness(
        plan, context -> ForeignKeyResult.of(plan, context), ErrorPolicy.fail(), null);
  }

  private static Upserted<String> row(@Nullable String row) {
    return new Upserted<>(row);
  }

  private static List<Object> taken(List<Object> emitted) {
    List<Object> all = List.copyOf(emitted);
    emitted.clear();
    return all;
  }

  private static List<Object> results(JoinHarness harness) {
    harness.times.clear();
    return taken(harness.objects);
  }

  private static List<Object> directs(JoinHarness harness) {
    return taken(harness.sides);
  }

  private static Subscribing goes(String to, long version, Phase phase, @Nullable String row) {
    return new Subscribing(to, new Subscription<>("k", version, phase, row));
  }

  private static Answer answer(long version, Phase phase, @Nullable String result) {
    return new Answer("k", new VersionedResult<>(version, phase, result));
  }

  // ------------------------------------------------------------------ the left step

  /** Sent, they would be lost on the way, and the last step would wait for them for ever. */
  @Test
  void aRowWhoseKeysAreTooLargeToBeSentFails() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.skip())) {
      String large = "f".repeat(1_000);
      harness.record(0, "k", 10, row(large + "/1"));
      assertThat(results(harness)).isEmpty();
      assertThat(directs(harness)).isEmpty();
      assertThat(harness.failures)
          .singleElement()
          .extracting(Exception::getMessage)
          .asString()
          .contains("too large to be sent (1001 bytes of at most 1000");
      harness.record(0, "k", 10, row("f/2"));
      assertThat(results(harness)).containsExactly(goes("f", 1, Phase.BEGINS, "f/2"));
      assertThat(directs(harness)).containsExactly(answer(1, Phase.ENDS, null));
      harness.record(0, "k", 10, row(large + "/3"));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
      harness.record(0, "k", 10, row(null));
      assertThat(results(harness)).isEmpty();
      assertThat(directs(harness)).isEmpty();
      harness.record(0, large + "k", 10, row("-/4"));
      assertThat(directs(harness)).isEmpty();
      assertThat(harness.failures).hasSize(3);
    }
  }

  @Test
  void aRowGoesToItsForeignKeyAndLeavesTheOneBefore() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, row("f/1"));
      assertThat(results(harness)).containsExactly(goes("f", 1, Phase.BEGINS, "f/1"));
      assertThat(directs(harness)).containsExactly(answer(1, Phase.ENDS, null));
      harness.commit();
      harness.record(0, "k", 10, row("f/2"));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.GOES_ON, "f/2"));
      harness.record(0, "k", 10, row("g/3"));
      assertThat(results(harness))
          .containsExactly(goes("f", 3, Phase.ENDS, null), goes("g", 3, Phase.BEGINS, "g/3"));
      assertThat(directs(harness)).isEmpty();
      harness.abort();
      harness.record(0, "k", 10, row("-/4"));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, "-/4+null"));
      harness.record(0, "k", 10, row("-/5"));
      assertThat(directs(harness)).containsExactly(answer(3, Phase.GOES_ON, "-/5+null"));
      harness.record(0, "k", 10, row(null));
      assertThat(directs(harness)).containsExactly(answer(4, Phase.GOES_ON, null));
      harness.record(0, "k", 10, row(null));
      harness.commit();
      assertThat(results(harness)).isEmpty();
      assertThat(directs(harness)).isEmpty();
      assertThat(harness.rows("")).as("rows of a key that is gone").isZero();
      harness.record(0, "k", 10, row("f/6"));
      assertThat(results(harness))
          .as("later versions")
          .containsExactly(goes("f", 5, Phase.BEGINS, "f/6"));
    }
  }

  @Test
  void aRowThatIsGoneLeavesItsForeignKey() {
    try (JoinHarness harness = left(JoinKind.INNER, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, row("f/1"));
      harness.commit();
      results(harness);
      directs(harness);
      harness.record(0, "k", 10, row(null));
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
    }
  }

  @Test
  void aRowWithoutAForeignKeyIsInNoInnerJoin() {
    try (JoinHarness harness = left(JoinKind.INNER, ErrorPolicy.fail())) {
      harness.record(0, "k", 10, row("-/1"));
      assertThat(directs(harness)).containsExactly(answer(1, Phase.GOES_ON, null));
    }
  }

  @Test
  void aRowWhoseForeignKeyCannotBeHadIsGone() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.deadLetter())) {
      harness.record(0, "k", 10, row("f/1"));
      results(harness);
      directs(harness);
      harness.record(0, "k", 10, row("?/2"));
      assertThat(harness.letters).containsExactly("?/2");
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
      harness.record(0, "k", 10, row("-/3!"));
      assertThat(directs(harness)).containsExactly(answer(3, Phase.GOES_ON, null));
      assertThat(harness.letters).containsExactly("?/2", "-/3!");
    }
  }

  /** What is sent instead is a row that is not there, at the place and in the phase of the row. */
  @Test
  void aRowThatCouldNotBeSentIsGoneWhereItWas() {
    assertThat(comes("k", 2, Phase.GOES_ON).withoutRow())
        .isEqualTo(new Subscription<>("k", 2, Phase.GOES_ON, null));
    assertThat(new Subscription<>("k", 2, Phase.ENDS, null).withoutRow()).isNull();
    try (JoinHarness harness = right(JoinKind.LEFT, ErrorPolicy.fail())) {
      harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
      results(harness);
      harness.record(1, "f", 20, new Subscription<>("k", 2, Phase.GOES_ON, null));
      assertThat(results(harness)).containsExactly(answer(2, Phase.GOES_ON, null));
      harness.record(1, "g", 20, new Subscription<>("k", 3, Phase.BEGINS, null));
      assertThat(results(harness)).containsExactly(answer(3, Phase.BEGINS, null));
      harness.record(0, "f", 30, row("x"));
      assertThat(results(harness)).isEmpty();
      harness.record(1, "f", 40, comes("k", 4, Phase.GOES_ON));
      assertThat(results(harness)).containsExactly(answer(4, Phase.GOES_ON, "k/4+x"));
    }
  }

  @Test
  void aForeignKeyThatCannotBeWrittenCannotBeHad() {
    try (JoinHarness harness = left(JoinKind.LEFT, ErrorPolicy.deadLetter())) {
      harness.record(0, "k", 10, row("f/1"));
      results(harness);
      directs(harness);
      harness.record(0, "k", 10, row("\uD800/2"));
      assertThat(harness.letters).containsExactly("\uD800/2");
      assertThat(results(harness)).containsExactly(goes("f", 2, Phase.ENDS, null));
      assertThat(directs(harness)).containsExactly(answer(2, Phase.BEGINS, null));
    }
  }

  // ------------------------------------------------------------------ the right step

  private static Subscription<String, String> comes(String key, long version, Phase phase) {
    return new Subscription<>(key, version, phase, key + "/" + version);
  }

  @Test
  void leftRowsMeetTheRightRowThatIsThereAndEachLaterOne() {
    for (JoinKind kind : List.of(JoinKind.INNER, JoinKind.LEFT)) {
      String none = kind == JoinKind.LEFT ? "k/1+null" : null;
      try (JoinHarness harness = right(kind, ErrorPolicy.fail())) {
        harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
        assertThat(results(harness)).containsExactly(answer(1, Phase.BEGINS, none));
        harness.commit();
        harness.record(0, "f", 20, row("x"));
        harness.record(0, "g", 20, row("other"));
        assertThat(harness.times).containsExactly(20L);
        assertThat(results(harness)).containsExactly(answer(1, Phase.GOES_ON, "k/1+x"));
        harness.record(1, "f", 15, comes("k", 2, Phase.GOES_ON));
        assertThat(harness.times).as("the larger one").containsExactly(20L);
        assertThat(results(harness)).containsExactly(answer(2, Phase.GOES_ON, "k/2+x"));
        harness.commit();
        harness.record(0, "f", 30, row(null));
        assertThat(results(harness))
            .containsExactly(answer(2, Phase.GOES_ON, none == null ? null : "k/2+null"));
        harness.record(1, "f", 40, new Subscription<>("k", 3, Phase.ENDS, null));
        assertThat(results(harness)).containsExactly(answer(3, Phase.ENDS, null));
        harness.record(0, "f", 50, row("y"));
        harness.record(0, "f", 50, row(null));
        harness.record(0, "g", 50, row(null));
        assertThat(results(harness)).isEmpty();
        harness.commit();
        assertThat(harness.rows()).isZero();
      }
    }
  }

  /** A key that begins like another one is another one. */
  @Test
  void foreignKeysAreApart() {
    try (JoinHarness harness = right(JoinKind.LEFT, ErrorPolicy.fail())) {
      harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
      harness.record(1, "ff", 10, comes("k", 2, Phase.BEGINS));
      harness.record(1, "fk", 10, comes("", 3, Phase.BEGINS));
      results(harness);
      harness.record(0, "f", 20, row("x"));
      assertThat(results(harness)).containsExactly(answer(1, Phase.GOES_ON, "k/1+x"));
    }
  }

  @Test
  void whatATransactionHasNoRoomForFollowsAfterTheCommit() {
    for (boolean byClock : new boolean[] {false, true}) {
      try (JoinHarness harness = right(JoinKind.INNER, ErrorPolicy.fail())) {
        for (int i = 0; i < 5; i++) {
          harness.record(1, "f", 10, comes("k" + i, i, Phase.BEGINS));
          harness.record(1, "g", 10, comes("k" + i, i, Phase.BEGINS));
        }
        harness.commit();
        results(harness);
        harness.room.addAll(List.of(true, true, false));
        harness.record(0, "f", 20, row("x"));
        harness.room.add(false);
        harness.record(0, "g", 30, row("y"));
        harness.commit();
        assertThat(results(harness)).hasSize(2);
        // One that has to begin anew, since the right row has changed again.
        harness.room.addAll(List.of(true, false));
        harness.record(0, "f", 40, row("z"));
        harness.commit();
        assertThat(results(harness)).hasSize(1);
        harness.record(1, "f", 50, comes("k9", 9, Phase.BEGINS));
        assertThat(results(harness)).hasSize(1);
        harness.commit();
        List<Long> times = new ArrayList<>();
        List<Object> rest = new ArrayList<>();
        boolean more = true;
        int transactions = 0;
        while (more) {
          harness.abort();
          harness.room.addAll(List.of(true, true, true, false));
          more = byClock ? harness.clock(0) == ClockOutcome.MORE : !harness.watermark(100);
          times.addAll(harness.times);
          rest.addAll(results(harness));
          harness.room.clear();
          harness.commit();
          transactions++;
          assertThat(transactions).isLessThan(20);
        }
        assertThat(transactions).isGreaterThan(2);
        assertThat(rest).hasSize(10);
        assertThat(times).containsExactly(40L, 40L, 40L, 40L, 50L, 30L, 30L, 30L, 30L, 30L);
        assertThat(rest.get(4).toString()).contains("k9/9+z");
        assertThat(harness.clock(0)).isEqualTo(ClockOutcome.NOTHING);
        assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).isZero();
      }
    }
  }

  @Test
  void whereAChangeGoesOnIsNotedOnceForEachForeignKey() {
    try (JoinHarness harness = right(JoinKind.INNER, ErrorPolicy.fail())) {
      for (int i = 0; i < 3; i++) {
        harness.record(1, "f", 10, comes("k" + i, i, Phase.BEGINS));
      }
      harness.room.add(false);
      harness.record(0, "f", 20, row("x"));
      harness.room.addAll(List.of(true, false));
      harness.record(0, "f", 30, row("y"));
      assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).as("of two changes").isOne();
      harness.commit();
      results(harness);
      harness.room.addAll(List.of(true, false));
      assertThat(harness.clock(0)).isEqualTo(ClockOutcome.MORE);
      assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).as("after a part").isOne();
      assertThat(results(harness)).singleElement().asString().contains("k1/1+y");
      harness.commit();
      assertThat(harness.clock(0)).isEqualTo(ClockOutcome.DONE);
      assertThat(harness.rows(ForeignKeyJoin.Right.PENDING)).isZero();
      assertThat(results(harness)).singleElement().asString().contains("k2/2+y");
      assertThat(harness.clock(0)).isEqualTo(ClockOutcome.NOTHING);
    }
  }

  @Test
  void aPairThatFailsHasNoResult() {
    try (JoinHarness harness = right(JoinKind.LEFT, ErrorPolicy.deadLetter())) {
      harness.record(1, "f", 10, comes("k", 1, Phase.BEGINS));
      harness.record(1, "f", 10, comes("j", 1, Phase.BEGINS));
      results(harness);
      harness.record(0, "f", 20, row("x!"));
      assertThat(results(harness))
          .containsExactly(
              new Answer("j", new VersionedResult<>(1, Phase.GOES_ON, null)),
              answer(1, Phase.GOES_ON, null));
      assertThat(harness.letters)
          .containsExactly(new PairLetter("j", "j/1", "x!"), new PairLetter("k", "k/1", "x!"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAFunctionChangesIsSeenByNobodyElse(boolean commits) {
    int[] failures = {1};
    JoinFunction<Bag, @Nullable Bag, String> spoiling =
        (left, right) -> {
          String result = left + "+" + right;
          left.items.add("spoilt");
          if (right != null) {
            right.items.add("spoilt");
          }
          if (failures[0]-- > 0) {
            throw new IllegalStateException("fails after it has changed what it got");
          }
          return result;
        };
    ForeignKeyJoin.Right plan =
        new ForeignKeyJoin.Right(
            JoinKind.LEFT, spoiling, String.class, String.class, Bag.class, Bag.class);
    ErrorPolicy policy = ErrorPolicy.fail().retries(1, Duration.ZERO);
    try (JoinHarness harness =
        new JoinHarness(plan, context -> ForeignKeyRight.of(plan, context), policy, null)) {
      Bag shared = new Bag("x");
      harness.record(0, "f", 10, new Upserted<>(shared));
      shared.items.add("changed by others");
      harness.record(1, "f", 10, new Subscription<>("k", 1, Phase.BEGINS, new Bag("a")));
      if (commits) {
        harness.commit();
      }
      harness.record(1, "f", 10, new Subscription<>("j", 2, Phase.BEGINS, new Bag("b")));
      harness.record(0, "f", 20, new Upserted<>(new Bag("y")));
      assertThat(results(harness))
          .<Object>extracting(result -> ((Answer) result).result().result())
          .containsExactly("a+x", "b+x", "b+y", "a+y");
    }
  }

  // ------------------------------------------------------------------ the result

  private static void arrives(
      JoinHarness harness, long timeMs, long version, Phase phase, @Nullable String result) {
    harness.record(0, "k", timeMs, new VersionedResult<>(version, phase, result));
  }

  private static List<String> changes(JoinHarness harness) {
    harness.commit();
    List<String> changes = new ArrayList<>();
    for (int i = 0; i < harness.objects.size(); i++) {
      Revision revision = (Revision) harness.objects.get(i);
      changes.add(revision.before() + " -> " + revision.after() + "@" + harness.times.get(i));
    }
    results(harness);
    return changes;
  }

  @Test
  @SuppressWarnings("unchecked") // the results are lists
  void whatALaterStepChangesIsInNoRow() {
    Type lists = new TypeRef<List<String>>() {}.type();
    ForeignKeyJoin.Result plan = new ForeignKeyJoin.Result(String.class, lists, 0, 0);
    try (JoinHarness harness =
        new JoinHarness(
            plan, context -> ForeignKeyResult.of(plan, context), ErrorPolicy.fail(), null)) {
      List<String> result = new ArrayList<>(List.of("a"));
      harness.record(0, "k", 10, new VersionedResult<>(1, Phase.BEGINS, result));
      harness.commit();
      Revision revision = (Revision) harness.objects.get(0);
      ((List<String>) Objects.requireNonNull(revision.after())).add("spoilt");
      results(harness);
      harness.record(1, "k", 10, new VersionedResult<>(1, Phase.ENDS, null));
      assertThat(changes(harness)).isEmpty();
    }
  }

  @Test
  void theNewestVersionCountsInWhateverOrderTheyCome() {
    try (JoinHarness harness = result()) {
      arrives(harness, 10, 2, Phase.BEGINS, "b");
      assertThat(changes(harness)).containsExactly("null -> b@10");
      arrives(harness, 20, 1, Phase.BEGINS, "a");
      arrives(harness, 20, 1, Phase.GOES_ON, "a2");
      arrives(harness, 20, 2, Phase.ENDS, null);
      arrives(harness, 20, 1, Phase.ENDS, null);
      assertThat(changes(harness)).isEmpty();
      arrives(harness, 5, 2, Phase.GOES_ON, "c");
      assertThat(changes(harness)).as("time does not go back").containsExactly("b -> c@10");
      arrives(harness, 30, 2, Phase.GOES_ON, "d");
      arrives(harness, 30, 2, Phase.GOES_ON, "c");
      assertThat(changes(harness)).as("equal results").isEmpty();
    }
  }

  @Test
  void aResultOfARowThatIsGoneDoesNotComeBack() {
    try (JoinHarness harness = result()) {
      // Inserted at f, moved to g, deleted there; f is slow.
      arrives(harness, 10, 1, Phase.ENDS, null);
      arrives(harness, 10, 2, Phase.BEGINS, "at g");
      arrives(harness, 20, 3, Phase.BEGINS, null);
      arrives(harness, 20, 3, Phase.ENDS, null);
      harness.commit();
      assertThat(changes(harness)).isEmpty();
      assertThat(harness.rows()).as("something older may come").isOne();
      arrives(harness, 10, 1, Phase.BEGINS, "at f");
      arrives(harness, 30, 1, Phase.GOES_ON, "at f, later");
      assertThat(changes(harness)).isEmpty();
      assertThat(harness.rows()).isOne();
      arrives(harness, 10, 2, Phase.ENDS, null);
      assertThat(changes(harness)).isEmpty();
      assertThat(harness.rows()).isZero();
    }
  }

  // ------------------------------------------------------------------ together

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
