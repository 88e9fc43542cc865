package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.aggregate.RunningAggregate;
import dev.millrace.internal.operator.window.OperatorHarness.Dropped;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.operator.window.OperatorHarness.Stopped;
import dev.millrace.internal.plan.Fold;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.InMemoryStateStore;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.NaiveWindows;
import dev.millrace.internal.window.NaiveWindows.Timed;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.CalendarUnit;
import dev.millrace.window.Pane;
import dev.millrace.window.Trigger;
import dev.millrace.window.WindowFunction;
import dev.millrace.window.WindowResult;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windows;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Functions of aggregates, gaps, triggers and results that fail at calls of a seed's choice, before
 * or after they have changed an accumulator in place: whatever the window, the aggregate and the
 * error policy, the results are those of a computation without the records that were dropped.
 */
final class FailedCallsPropertyTest {

  private static final long BOUND_MS = 30;
  private static final long PANE_RECORDS = 4;
  private static final long PANE_MS = 60;
  private static final int EVENTS = 90;

  /** The choice of the calls that fail. */
  private static class Faults {

    private boolean on;

    /** {@return whether this call fails} */
    boolean isNext() {
      return false;
    }

    /** Has no further call fail as a consequence of those before. */
    void end() {}

    void mayFail() throws Exception {
      if (on && isNext()) {
        throw new Exception("fault");
      }
    }
  }

  /** Fails at random calls, and then perhaps at some more, so that retries fail as well. */
  private static final class RandomFaults extends Faults {

    private final Random random;
    private int more;

    RandomFaults(Random random) {
      this.random = random;
    }

    @Override
    boolean isNext() {
      if (more > 0) {
        more--;
        return true;
      }
      if (random.nextInt(25) == 0) {
        more = random.nextInt(5);
        return true;
      }
      return false;
    }

    @Override
    void end() {
      more = 0;
    }
  }

  /** Fails at calls that are given by their numbers, from 0. */
  private static final class NumberedFaults extends Faults {

    private final Set<Integer> failing;
    private int calls;

    NumberedFaults(Integer... failing) {
      this.failing = Set.of(failing);
    }

    @Override
    boolean isNext() {
      return failing.contains(calls++);
    }
  }

  /** Fails ahead of what it is given, or after it has been done. */
  private record Faulty(FoldFunction inner, Faults faults, Faults finishes)
      implements FoldFunction {

    @Override
    public Object first(Object value) throws Exception {
      faults.mayFail();
      Object first = inner.first(value);
      faults.mayFail();
      return first;
    }

    @Override
    public Object add(Object accumulator, Object value) throws Exception {
      faults.mayFail();
      Object sum = inner.add(accumulator, value);
      faults.mayFail();
      return sum;
    }

    @Override
    public Object merge(Object left, Object right) throws Exception {
      faults.mayFail();
      Object sum = inner.merge(left, right);
      faults.mayFail();
      return sum;
    }

    @Override
    public Object finish(Object accumulator) throws Exception {
      finishes.mayFail();
      return inner.finish(accumulator);
    }
  }

  /**
   * An aggregate.
   *
   * @param naive what it makes of some values
   * @param shown its results, without what depends on the order of merges
   */
  private record Aggregated(
      String name,
      FoldFunction function,
      Type accumulator,
      Type result,
      Function<List<Long>, Object> naive,
      UnaryOperator<Object> shown) {

    static Aggregated of(
        String name, Aggregation<Long, ?, ?> aggregation, Function<List<Long>, Object> naive) {
      return of(name, aggregation, naive, UnaryOperator.identity());
    }

    static Aggregated of(
        String name,
        Aggregation<Long, ?, ?> aggregation,
        Function<List<Long>, Object> naive,
        UnaryOperator<Object> shown) {
      return new Aggregated(
          name,
          FoldFunction.of(aggregation),
          aggregation.accumulatorType().type(),
          aggregation.resultType().type(),
          naive,
          shown);
    }

    Fold fold(Faults faults, Faults finishes) {
      return new Fold(new Faulty(function, faults, finishes), accumulator, result, true);
    }
  }

  private static final Aggregated IN_PLACE =
      Aggregated.of(
          "all in a list",
          new ListsInPlace(FailedCallsPropertyTest::doubled),
          FailedCallsPropertyTest::doubled);

  private static List<Long> doubled(List<Long> values) {
    return values.stream().sorted().map(value -> value * 2).toList();
  }

  private static final List<Aggregated> AGGREGATES =
      List.of(
          Aggregated.of("sum", Aggregates.sum(value -> value), FailedCallsPropertyTest::sum),
          Aggregated.of("count", Aggregates.count(), values -> (long) values.size()),
          Aggregated.of(
              "average",
              Aggregates.average(value -> value),
              values -> (double) sum(values) / values.size()),
          Aggregated.of(
              "min",
              Aggregates.min(Long.class, value -> value),
              values -> values.stream().min(Comparator.naturalOrder()).orElseThrow()),
          Aggregated.of(
              "distinct",
              Aggregates.distinct(Long.class, value -> value % 7),
              values -> new HashSet<>(values.stream().map(value -> value % 7).toList()),
              result -> new HashSet<>((Set<?>) result)),
          Aggregated.of(
              "countDistinct",
              Aggregates.countDistinct(Long.class, value -> value % 7),
              values -> values.stream().map(value -> value % 7).distinct().count()),
          Aggregated.of(
              "topN",
              Aggregates.topN(3, Long.class, value -> value),
              values -> values.stream().sorted(Comparator.reverseOrder()).limit(3).toList()),
          new Aggregated(
              "reduce",
              FoldFunction.of((Long left, Long right) -> left + right),
              Long.class,
              Long.class,
              FailedCallsPropertyTest::sum,
              UnaryOperator.identity()),
          Aggregated.of(
              "toList",
              Aggregates.toList(Long.class),
              values -> values.stream().sorted().toList(),
              result -> ((List<?>) result).stream().sorted().toList()),
          IN_PLACE);

  private static long sum(List<Long> values) {
    return values.stream().mapToLong(value -> value).sum();
  }

  /** What becomes of a kind of window. */
  private enum Results {
    FINAL,
    REVISED,
    PANES,
    RUNNING
  }

  /**
   * A kind of window.
   *
   * @param spec what is run, made with the round's faults
   * @param naive the windows that it makes
   * @param cacheBytes memory for slices
   */
  private record Kind(
      String name,
      Results results,
      Function<Faults, WindowSpec<?>> spec,
      WindowSpec<?> naive,
      long cacheBytes) {

    static Kind of(String name, Results results, WindowSpec<?> spec, long cacheBytes) {
      return new Kind(name, results, faults -> spec, spec, cacheBytes);
    }
  }

  private static final WindowSpec<?> TUMBLING = Windows.tumbling(ms(40));
  private static final WindowSpec<?> SLIDING = Windows.sliding(ms(60), ms(20));
  private static final WindowSpec<?> SESSION = Windows.session(ms(12));

  private static final List<Kind> KINDS =
      List.of(
          Kind.of("tumbling", Results.FINAL, TUMBLING, 1),
          Kind.of("sliding", Results.FINAL, SLIDING, 1 << 20),
          Kind.of("sliding, in rows", Results.FINAL, SLIDING, 1),
          Kind.of("cumulative", Results.FINAL, Windows.cumulative(ms(20), ms(60)), 1 << 20),
          Kind.of("calendar", Results.FINAL, Windows.calendar(CalendarUnit.DAY, ZoneOffset.UTC), 1),
          Kind.of("session", Results.FINAL, SESSION, 1),
          new Kind(
              "dynamic session",
              Results.FINAL,
              faults ->
                  Windows.<Long>dynamicSession(
                      value -> {
                        faults.mayFail();
                        return ms(12);
                      }),
              SESSION,
              1),
          Kind.of("tumbling, revised", Results.REVISED, TUMBLING, 1),
          Kind.of("sliding, revised", Results.REVISED, SLIDING, 1),
          Kind.of("session, revised", Results.REVISED, SESSION, 1),
          new Kind(
              "trigger",
              Results.PANES,
              faults -> Windows.<Long>global(new FaultyTrigger(faults)),
              Windows.count(PANE_RECORDS),
              1),
          Kind.of("running", Results.RUNNING, TUMBLING, 1));

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  /** Completes panes by their records and by their time, and fails at both. */
  @SuppressWarnings("serial") // it is never serialised
  private record FaultyTrigger(Faults faults) implements Trigger<Long> {

    @Override
    public boolean completes(Long value, Pane pane) throws Exception {
      faults.mayFail();
      return pane.count() >= PANE_RECORDS;
    }

    @Override
    public Optional<Instant> eventTimeDeadline(Pane pane) {
      try {
        faults.mayFail();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      return Optional.of(pane.first().plusMillis(PANE_MS));
    }

    @Override
    public boolean needsEventTime() {
      return true;
    }
  }

  private static final String ONE_RETRY = "a retry, then skip";

  private static final Map<String, ErrorPolicy> POLICIES =
      Map.of(
          "skip",
          ErrorPolicy.skip(),
          "dead letter",
          ErrorPolicy.deadLetter(),
          ONE_RETRY,
          ErrorPolicy.skip().retries(1, Duration.ZERO),
          "retries, then skip",
          ErrorPolicy.skip().retries(2, Duration.ZERO),
          "retries, then fail",
          ErrorPolicy.fail().retries(2, Duration.ZERO),
          "fail",
          ErrorPolicy.fail());

  @TestFactory
  Stream<DynamicTest> aFailedCallLeavesNoTrace() {
    return tests(1, 3);
  }

  @TestFactory
  @Tag("slow")
  Stream<DynamicTest> aFailedCallLeavesNoTraceWhateverTheSeed() {
    return tests(1_000, 60);
  }

  private static Stream<DynamicTest> tests(long firstSeed, int seeds) {
    return KINDS.stream()
        .map(
            kind ->
                DynamicTest.dynamicTest(
                    kind.name(),
                    () -> {
                      for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
                        for (Aggregated aggregate : AGGREGATES) {
                          for (String policy : POLICIES.keySet()) {
                            Round round = new Round(kind, aggregate, policy, seed, Round.FAULTS);
                            round.run();
                            round.check();
                          }
                        }
                      }
                    }));
  }

  /**
   * The second attempt at a record fails where the first has not come to: after it was given an
   * accumulator, or later in what it does with one.
   */
  @TestFactory
  Stream<DynamicTest> aRetryThatFailsElsewhereLeavesNoTrace() {
    return KINDS.stream()
        .map(
            kind ->
                DynamicTest.dynamicTest(
                    kind.name(),
                    () -> {
                      int calls = calls(kind);
                      assertThat(calls).isGreaterThan(10);
                      for (int first = 0; first < calls; first++) {
                        for (int second = first + 1; second <= first + 6; second++) {
                          pair(kind, first, second);
                        }
                      }
                    }));
  }

  private static int calls(Kind kind) {
    NumberedFaults none = new NumberedFaults();
    new Round(kind, IN_PLACE, ONE_RETRY, 1, random -> none).runShortly();
    return none.calls;
  }

  private static void pair(Kind kind, int first, int second) {
    Round round =
        new Round(kind, IN_PLACE, ONE_RETRY, 1, random -> new NumberedFaults(first, second));
    round.runShortly();
    round.check();
  }

  private record Watermarked(@Nullable Timed<Long> record, long watermarkMs) {}

  /** One run of one operator. */
  private static final class Round {

    static final Function<Random, Faults> FAULTS = RandomFaults::new;

    private final Kind kind;
    private final Aggregated aggregate;
    private final String said;
    private final Random random;
    private final Faults faults;
    private final OperatorHarness harness;
    private final List<Watermarked> events = new ArrayList<>();
    private final boolean function;

    Round(
        Kind kind,
        Aggregated aggregate,
        String policyName,
        long seed,
        Function<Random, Faults> faults) {
      this.kind = kind;
      this.aggregate = aggregate;
      this.said = kind.name() + ", " + aggregate.name() + ", " + policyName + ", seed " + seed;
      this.random = new Random(said.hashCode());
      this.faults = faults.apply(random);
      this.function = kind.results() == Results.FINAL && random.nextBoolean();
      StageOperator.Keyed plan = plan();
      this.harness =
          new OperatorHarness(
                  plan,
                  context -> operator(plan, context),
                  random.nextInt(3) == 0 ? Mode.COMMIT_EACH : Mode.AS_TOLD,
                  new InMemoryStateStore(),
                  1,
                  kind.cacheBytes())
              .withErrors(Objects.requireNonNull(POLICIES.get(policyName)));
    }

    private StageOperator.Keyed plan() {
      if (kind.results() == Results.RUNNING) {
        // A finish that fails stops the job there, whatever the policy.
        return new StageAggregate(
            aggregate.fold(faults, new Faults()), String.class, true, RowTimes.KEPT);
      }
      Fold fold = aggregate.fold(faults, faults);
      WindowRules rules =
          kind.results() == Results.REVISED
              ? new WindowRules(BOUND_MS, new EmissionKind.OnUpdate(), true, Optional.empty())
              : WindowRules.FINAL;
      Optional<WindowFunction<?, ?, ?>> applied =
          function
              ? Optional.of(
                  (key, window, value) -> {
                    faults.mayFail();
                    return new WindowResult<>(key, window, value);
                  })
              : Optional.empty();
      return new StageWindowAggregate(
          fold,
          String.class,
          WindowAccess.kind(kind.spec().apply(faults)),
          TimeDomain.EVENT,
          rules,
          applied);
    }

    private static KeyedOperator operator(StageOperator.Keyed plan, OperatorContext context) {
      return plan instanceof StageWindowAggregate windowed
          ? WindowOperators.of(windowed, context)
          : RunningAggregate.of((StageAggregate) plan, context);
    }

    void check() {
      List<Object> expected = new ArrayList<>(expected());
      List<Object> got = new ArrayList<>(got());
      assertThat(got).as(said).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Few records of one key, which join windows and panes, and begin some. */
    void runShortly() {
      long[] times = {5, 9, 14, 60, 66, 36};
      for (int i = 0; i < times.length; i++) {
        record("k", times[i], i + 1);
      }
      end();
    }

    void run() {
      long newest = 0;
      for (int i = 1; i <= EVENTS; i++) {
        newest += random.nextInt(9);
        long time = newest - random.nextInt((int) BOUND_MS);
        String key = "k" + random.nextInt(2);
        if (mayBePartial() && random.nextInt(4) == 0) {
          partial(key, time, i);
        } else {
          record(key, time, i);
        }
        if (random.nextInt(4) == 0) {
          long watermark = newest - BOUND_MS;
          events.add(new Watermarked(null, watermark));
          attempt(() -> harness.watermark(watermark));
        }
        if (random.nextInt(12) == 0) {
          attempt(harness::commit);
        }
      }
      end();
    }

    private void end() {
      events.add(new Watermarked(null, Long.MAX_VALUE));
      attempt(() -> harness.watermark(Long.MAX_VALUE));
      attempt(harness::commit);
    }

    private boolean mayBePartial() {
      return kind.results() != Results.PANES && !kind.name().startsWith("dynamic");
    }

    private void record(String key, long time, long value) {
      events.add(new Watermarked(new Timed<>(key, time, value), 0));
      attempt(() -> harness.record(key, time, value));
    }

    private void partial(String key, long time, long value) {
      List<Long> values = List.of(value, value + 1_000);
      values.forEach(each -> events.add(new Watermarked(new Timed<>(key, time, each), 0)));
      attempt(() -> harness.partial(key, time, time, () -> accumulator(values), 2, values));
    }

    private Object accumulator(List<Long> values) {
      try {
        Object sum = aggregate.function().first(values.get(0));
        return aggregate.function().add(sum, values.get(1));
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }

    /** Where the job stops, it is mended, and begins again after the last commit. */
    private void attempt(Runnable event) {
      faults.on = true;
      try {
        event.run();
      } catch (Stopped e) {
        faults.on = false;
        faults.end();
        harness.repeat();
      } finally {
        faults.on = false;
      }
    }

    // ---------------------------------------------------------------- what should have come of it

    private Collection<?> expected() {
      Set<Long> dropped = new HashSet<>();
      List<String> droppedResults = droppedResults();
      for (Dropped each : harness.dropped()) {
        if (each.value() instanceof List<?> values) {
          values.forEach(value -> dropped.add((Long) value));
        } else if (each.value() instanceof Long value) {
          dropped.add(value);
        }
      }
      List<Watermarked> left =
          events.stream()
              .filter(each -> each.record() == null || !dropped.contains(each.record().value()))
              .toList();
      List<Timed<Long>> records =
          left.stream().map(Watermarked::record).filter(r -> r != null).toList();
      return switch (kind.results()) {
        case PANES -> {
          List<String> panes = panes(left);
          for (String name : droppedResults) {
            assertThat(panes).as(said).anyMatch(pane -> pane.startsWith(name + " = "));
            panes.remove(
                panes.stream().filter(pane -> pane.startsWith(name + " = ")).findFirst().get());
          }
          yield panes;
        }
        case RUNNING -> {
          Map<String, List<Long>> byKey = new TreeMap<>();
          records.forEach(
              each ->
                  byKey.computeIfAbsent(each.key(), key -> new ArrayList<>()).add(each.value()));
          yield texts(byKey);
        }
        case FINAL, REVISED -> {
          Map<String, List<Long>> windows =
              NaiveWindows.of(WindowAccess.kind(kind.naive()), records);
          windows.keySet().removeAll(droppedResults);
          yield texts(windows);
        }
      };
    }

    /** The windows without a result, or with one that is not the last. */
    private List<String> droppedResults() {
      List<String> names = new ArrayList<>();
      for (Dropped each : harness.dropped()) {
        if (each.value() instanceof WindowResult<?, ?> result) {
          names.add(NaiveWindows.text(result.key(), result.window()));
        } else if (each.value() instanceof UnfinishedWindow result) {
          names.add(NaiveWindows.text(result.key(), result.window()));
        }
      }
      return names;
    }

    private List<String> texts(Map<String, List<Long>> values) {
      return values.entrySet().stream()
          .map(each -> each.getKey() + " = " + aggregate.naive().apply(each.getValue()))
          .toList();
    }

    /** The panes that a trigger cuts, one event after the other. */
    private List<String> panes(List<Watermarked> input) {
      Map<String, List<Timed<Long>>> open = new TreeMap<>();
      List<String> panes = new ArrayList<>();
      for (Watermarked event : input) {
        Timed<Long> record = event.record();
        if (record == null) {
          for (String key : List.copyOf(open.keySet())) {
            if (first(open.get(key)) + PANE_MS <= event.watermarkMs()) {
              panes.add(pane(open.remove(key)));
            }
          }
          continue;
        }
        List<Timed<Long>> pane = open.computeIfAbsent(record.key(), key -> new ArrayList<>());
        pane.add(record);
        if (pane.size() == PANE_RECORDS) {
          panes.add(pane(open.remove(record.key())));
        }
      }
      return panes;
    }

    private static long first(List<Timed<Long>> pane) {
      return pane.stream().mapToLong(Timed::timeMs).min().orElseThrow();
    }

    private String pane(List<Timed<Long>> pane) {
      long last = pane.stream().mapToLong(Timed::timeMs).max().orElseThrow();
      return pane.get(0).key()
          + " "
          + first(pane)
          + ".."
          + (last + 1)
          + " = "
          + aggregate.naive().apply(pane.stream().map(Timed::value).toList());
    }

    // ---------------------------------------------------------------- what has come of it

    private Collection<String> got() {
      if (kind.results() == Results.FINAL || kind.results() == Results.PANES) {
        return harness.results().stream()
            .map(each -> text((WindowResult<?, ?>) each.value()))
            .toList();
      }
      List<String> dropped = droppedResults();
      return ChangedRows.of(harness.results(), aggregate.shown(), said).entrySet().stream()
          .filter(row -> !dropped.contains(row.getKey()))
          .map(row -> row.getKey() + " = " + row.getValue())
          .toList();
    }

    private String text(WindowResult<?, ?> result) {
      return NaiveWindows.text(result.key(), result.window())
          + " = "
          + aggregate.shown().apply(result.value());
    }
  }
}
