package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.aggregate.RunningAggregate;
import dev.millrace.internal.operator.window.FaultyWindows.Results;
import dev.millrace.internal.operator.window.OperatorHarness.Dropped;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.operator.window.OperatorHarness.Stopped;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.NaiveWindows;
import dev.millrace.internal.window.NaiveWindows.Timed;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowFunction;
import dev.millrace.window.WindowResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
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
  private static final int EVENTS = 90;

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
    return FaultyWindows.ALL.stream()
        .map(
            kind ->
                DynamicTest.dynamicTest(
                    kind.name(),
                    () -> {
                      for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
                        for (FaultyAggregate aggregate : FaultyAggregate.ALL) {
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
    return FaultyWindows.ALL.stream()
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

  private static int calls(FaultyWindows kind) {
    Faults.Numbered none = new Faults.Numbered();
    new Round(kind, FaultyAggregate.IN_PLACE, ONE_RETRY, 1, random -> none).runShortly();
    return none.calls();
  }

  private static void pair(FaultyWindows kind, int first, int second) {
    Round round =
        new Round(
            kind,
            FaultyAggregate.IN_PLACE,
            ONE_RETRY,
            1,
            random -> new Faults.Numbered(first, second));
    round.runShortly();
    round.check();
  }

  private record Watermarked(@Nullable Timed<Long> record, long watermarkMs) {}

  /** One run of one operator. */
  private static final class Round {

    static final Function<Random, Faults> FAULTS = Faults.AtRandom::new;

    private final FaultyWindows kind;
    private final FaultyAggregate aggregate;
    private final String said;
    private final Random random;
    private final Faults faults;
    private final OperatorHarness harness;
    private final List<Watermarked> events = new ArrayList<>();
    private final boolean function;

    Round(
        FaultyWindows kind,
        FaultyAggregate aggregate,
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
      faults.begin();
      try {
        event.run();
      } catch (Stopped e) {
        faults.pause();
        faults.end();
        harness.repeat();
      } finally {
        faults.pause();
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
            if (first(open.get(key)) + FaultyWindows.PANE_MS <= event.watermarkMs()) {
              panes.add(pane(open.remove(key)));
            }
          }
          continue;
        }
        List<Timed<Long>> pane = open.computeIfAbsent(record.key(), key -> new ArrayList<>());
        pane.add(record);
        if (pane.size() == FaultyWindows.PANE_RECORDS) {
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
