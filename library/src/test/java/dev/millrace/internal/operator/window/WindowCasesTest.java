package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Emitted;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.operator.window.WindowCases.Case;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import dev.millrace.internal.rocksdb.StateMemory;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.state.store.StateStore;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.table.Change;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Late;
import dev.millrace.window.Window;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windowed;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every line of the table, in every mode of the harness, over both stores. */
final class WindowCasesTest {

  @TempDir static Path directory;

  private static final RocksDbStateStores STORES =
      new RocksDbStateStores(new StateMemory(16L << 20));

  private static StateStore rocksDb;
  private static int storeIds;

  @BeforeAll
  static void openStore() {
    rocksDb = STORES.open(directory.resolve("rows"));
  }

  @AfterAll
  static void closeStore() {
    rocksDb.close();
    STORES.close();
  }

  static Stream<Case> cases() {
    return WindowCases.all().stream();
  }

  @Test
  void theTableHasNoTwoLinesOfOneName() {
    List<String> names = cases().map(Case::toString).toList();
    assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(60);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void holdsInMemory(Case line) {
    for (Mode mode : Mode.values()) {
      check(line, mode, new InMemoryStateStore(), 1);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void holdsInRocksDb(Case line) {
    for (Mode mode : Mode.values()) {
      // One store for all of them is quicker; each has rows of its own in it.
      storeIds += 10;
      check(line, mode, rocksDb, storeIds);
    }
  }

  private static void check(Case line, Mode mode, StateStore store, int firstStoreId) {
    Aggregation<Long, Long, Long> sum = Aggregates.sum((Long value) -> value);
    WindowRules rules =
        new WindowRules(
            line.latenessMs(),
            line.emission() == null
                ? WindowRules.FINAL.emission()
                : WindowAccess.emission(line.emission()),
            line.isTable(),
            Optional.of(Late.tag("late", Long.class)));
    StageWindowAggregate plan =
        new StageWindowAggregate(
            Fold.of(sum),
            String.class,
            WindowAccess.kind(line.window()),
            TimeDomain.EVENT,
            rules,
            Optional.empty());
    OperatorHarness harness =
        new OperatorHarness(
            plan, context -> WindowOperators.of(plan, context), mode, store, firstStoreId, 1 << 20);
    for (String event : line.events().split(" ")) {
      apply(event, harness);
    }
    harness.commit();
    String said = line + ", " + mode;
    List<String> got =
        new ArrayList<>(harness.results().stream().map(WindowCasesTest::text).toList());
    List<String> expected = new ArrayList<>(List.of(line.results().split(" ")));
    expected.remove("");
    List<String> expectedLate =
        new ArrayList<>(expected.stream().filter(each -> each.startsWith("late:")).toList());
    String gaps =
        expected.stream().filter(each -> each.startsWith("gaps:")).findFirst().orElse("gaps:0");
    expected.removeIf(each -> each.startsWith("late:") || each.startsWith("gaps:"));
    assertThat(harness.sides().stream().map(WindowCasesTest::lateTime).toList())
        .as(said)
        .isEqualTo(expectedLate.stream().map(each -> each.substring(each.indexOf('@'))).toList());
    assertThat("gaps:" + harness.inGap()).as(said).isEqualTo(gaps);
    assertThat(harness.late()).as(said).isEqualTo(expectedLate.size());
    if (!line.isTable()) {
      assertThat(got).as(said).containsExactlyElementsOf(expected);
      assertThat(harness.results())
          .as(said)
          .allSatisfy(
              each -> {
                if (line.group().startsWith("global")) { // A deadline may be long after.
                  assertThat(each.timeMs()).isGreaterThanOrEqualTo(endOf(each) - 1);
                } else {
                  assertThat(each.timeMs()).isEqualTo(endOf(each) - 1);
                }
              });
    } else if (mode == Mode.AS_TOLD) {
      assertThat(got).as(said).containsExactlyElementsOf(expected);
    } else {
      assertThat(folded(got, said)).as(said).isEqualTo(folded(expected, said));
    }
    if (line.events().endsWith("wMAX")) {
      boolean waits = line.results().isEmpty() && line.group().startsWith("count");
      assertThat(harness.rowsLeft() > 0).as(said + ": rows are left").isEqualTo(waits);
    }
  }

  private static void apply(String event, OperatorHarness harness) {
    if (event.equals("|")) {
      harness.commit();
    } else if (event.startsWith("w")) {
      harness.watermark(WindowCases.time(event.substring(1)));
    } else if (event.startsWith("c")) {
      harness.clock(WindowCases.time(event.substring(1)));
    } else {
      String key = event.substring(0, event.indexOf('@'));
      String[] rest = event.substring(event.indexOf('@') + 1).split("=");
      harness.record(
          key, WindowCases.time(rest[0]), rest.length > 1 ? Long.parseLong(rest[1]) : 1L);
    }
  }

  /** The rows of a table after its changes, each of which must take back what was there. */
  private static Set<String> folded(List<String> changes, String said) {
    Set<String> rows = new LinkedHashSet<>();
    for (String change : changes) {
      String row = change.substring(1);
      if (change.startsWith("-")) {
        assertThat(rows.remove(row)).as(said + ": takes back what was not said: " + row).isTrue();
      } else {
        assertThat(rows.add(row)).as(said + ": says twice: " + row).isTrue();
      }
    }
    return new TreeSet<>(rows);
  }

  private static String text(Emitted emitted) {
    if (emitted.value() instanceof WindowResult<?, ?> result) {
      return result.key() + text(result.window()) + "=" + result.value();
    }
    Change<?, ?> change = (Change<?, ?>) emitted.value();
    Windowed<?> row = (Windowed<?>) change.key();
    return (change.kind().retracts() ? "-" : "+")
        + row.key()
        + text(row.window())
        + "="
        + change.value();
  }

  private static String text(Window window) {
    return "[" + text(window.start()) + "," + text(window.end()) + ")";
  }

  private static String text(Instant time) {
    long ms = time.toEpochMilli();
    return ms == Long.MAX_VALUE ? "MAX" : ms == Long.MIN_VALUE ? "MIN" : Long.toString(ms);
  }

  private static String lateTime(Object late) {
    return "@" + text(((Late<?>) late).time());
  }

  private static long endOf(Emitted emitted) {
    return ((WindowResult<?, ?>) emitted.value()).window().end().toEpochMilli();
  }
}
