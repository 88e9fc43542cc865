package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.timer.ScanLog;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windows;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Windows that begin in a transaction beside those that have rows. That no result is wrong in any
 * mixture is for {@link WindowPropertyTest}; here are the mixtures that chance finds seldom, and
 * what is saved: a scan of the store for each time at which windows fire from rows.
 */
final class FreshWindowsTest {

  private static final Fold SUM = Fold.of(Aggregates.sum((Long value) -> value));

  /** Its result is the list that is changed in place. */
  private static final Fold LIST = Fold.of(new ListsInPlace(list -> list));

  private static final long MUCH = 1 << 20;

  private final ScanLog store = new ScanLog(new InMemoryStateStore());

  private OperatorHarness tumbling(Fold fold, Mode mode, long cacheBytes) {
    StageWindowAggregate plan =
        new StageWindowAggregate(
            fold,
            String.class,
            WindowAccess.kind(Windows.tumbling(Duration.ofMillis(10))),
            TimeDomain.EVENT,
            WindowRules.FINAL,
            Optional.empty());
    OperatorHarness harness =
        new OperatorHarness(
            plan, context -> WindowOperators.of(plan, context), mode, store, 1, cacheBytes);
    store.begins.clear();
    return harness;
  }

  private static List<String> results(OperatorHarness harness) {
    return harness.results().stream()
        .map(
            each -> {
              WindowResult<?, ?> result = (WindowResult<?, ?>) each.value();
              assertThat(each.timeMs()).isEqualTo(result.window().end().toEpochMilli() - 1);
              return result.window().end().toEpochMilli()
                  + " "
                  + result.key()
                  + " "
                  + result.value();
            })
        .toList();
  }

  @Test
  void aWindowThatComesAndGoesInATransactionIsNotInTheStore() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    harness.record("b", 1, 1L);
    harness.record("a", 2, 2L);
    harness.record("b", 11, 4L);
    harness.record("b", 3, 8L);
    harness.watermark(20);
    harness.commit();
    assertThat(results(harness)).containsExactly("10 a 2", "10 b 9", "20 b 4");
    assertThat(store.begins).isEmpty();
    assertThat(harness.rowsWritten()).isZero();
  }

  @Test
  void aWindowThatIsOpenAtACommitGoesOnWithItsRows() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    harness.record("b", 1, 1L);
    harness.commit();
    assertThat(harness.rowsLeft()).isEqualTo(1);
    store.begins.clear();
    harness.record("b", 2, 2L);
    harness.record("a", 3, 4L);
    harness.record("c", 14, 8L);
    harness.watermark(20);
    harness.commit();
    assertThat(results(harness)).containsExactly("10 a 4", "10 b 3", "20 c 8");
    assertThat(store.begins).as("one firing from rows").hasSize(1);
    assertThat(harness.rowsLeft()).isZero();
  }

  /** Nothing but the rows is left of a task that has been restored, or whose commit failed. */
  @ParameterizedTest
  @EnumSource(Mode.class)
  void whatHasRowsIsFoundByThem(Mode mode) {
    OperatorHarness harness = tumbling(SUM, mode, MUCH);
    harness.record("a", 31, 1L);
    harness.record("a", 21, 2L);
    harness.commit();
    harness.record("b", 41, 4L);
    harness.record("a", 32, 8L);
    harness.record("a", 12, 16L);
    harness.record("a", 42, 32L);
    harness.record("a", 22, 64L);
    harness.watermark(35);
    harness.record("b", 43, 128L);
    harness.watermark(100);
    harness.commit();
    assertThat(results(harness))
        .containsExactly("20 a 16", "30 a 66", "40 a 9", "50 a 32", "50 b 132");
    assertThat(harness.rowsLeft()).isZero();
  }

  @Test
  void windowsFireInTheOrderOfTheirEndsWhereverTheyAre() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    harness.record("d", 11, 1L);
    harness.record("c", 31, 2L);
    harness.commit();
    harness.record("b", 1, 4L);
    harness.record("a", 1, 8L);
    harness.record("z", 21, 16L);
    harness.record("y", 41, 32L);
    harness.record("a", 31, 64L);
    harness.watermark(60);
    harness.commit();
    assertThat(results(harness))
        .containsExactly("10 a 8", "10 b 4", "20 d 1", "30 z 16", "40 a 64", "40 c 2", "50 y 32");
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void whatATransactionHasNoRoomForBecomesRows(Mode mode) {
    OperatorHarness harness = tumbling(SUM, mode, MUCH).withRoomFor(2);
    for (String key : List.of("e", "d", "c", "b", "a")) {
      harness.record(key, 1, 1L);
    }
    harness.record("a", 11, 2L);
    harness.watermark(15);
    harness.record("a", 25, 4L);
    harness.watermark(30);
    harness.commit();
    assertThat(results(harness))
        .containsExactly("10 a 1", "10 b 1", "10 c 1", "10 d 1", "10 e 1", "20 a 2", "30 a 4");
    assertThat(harness.rowsWritten()).isPositive();
    assertThat(harness.rowsLeft()).isZero();
  }

  @Test
  void keysOfOneHashAreApart() {
    Map<Integer, String> byHash = new HashMap<>();
    String key = "";
    String other = null;
    for (int i = 0; other == null; i++) {
      key = "key-" + i;
      byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
      other = byHash.put(Hashing.murmur2(bytes, 0, bytes.length), key);
    }
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    for (int i = 0; i < 2; i++) {
      harness.record(key, 1, 1L);
      harness.record(other, 1, 4L);
    }
    harness.watermark(10);
    harness.commit();
    assertThat(results(harness))
        .containsExactlyInAnyOrder("10 " + key + " 2", "10 " + other + " 8");
  }

  /** A clock that is wrong by a day does not make all other windows dear until then. */
  @Test
  void aWindowFarAheadDoesNotGiveOthersRows() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    harness.record("a", 100_000, 1L);
    harness.commit();
    for (int i = 0; i < 10; i++) {
      store.begins.clear();
      harness.record("a", i * 10, 1L);
      harness.record("b", i * 10, 1L);
      assertThat(store.begins).as("a look at the window's range").hasSize(1);
      harness.watermark(i * 10 + 10);
      assertThat(store.begins).as("none when it fires").hasSize(1);
    }
    harness.commit();
    assertThat(results(harness)).hasSize(20);
    assertThat(harness.rowsLeft()).isEqualTo(1);
  }

  @Test
  void thatAWindowHasRowsIsLookedUpOnce() {
    OperatorHarness before = tumbling(SUM, Mode.AS_TOLD, MUCH);
    before.record("a", 1, 1L);
    before.record("a", 11, 1L);
    before.commit();
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    for (int i = 0; i < 10; i++) {
      harness.record("a", 2, 1L);
      harness.record("a", 12, 1L);
    }
    assertThat(store.begins).hasSize(2);
    harness.watermark(20);
    harness.commit();
    assertThat(results(harness)).containsExactly("10 a 11", "20 a 11");
  }

  @Test
  void afterARestartLooksEndWithTheRowsThatWereThere() {
    tumbling(SUM, Mode.AS_TOLD, MUCH).commit();
    OperatorHarness before = tumbling(SUM, Mode.AS_TOLD, MUCH);
    before.record("a", 1, 1L);
    before.commit();
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    harness.record("a", 2, 2L);
    harness.watermark(10);
    harness.commit(); // After which the rows that were there are counted.
    store.begins.clear();
    harness.record("a", 11, 4L);
    harness.watermark(20);
    harness.commit();
    assertThat(results(harness)).containsExactly("10 a 3", "20 a 4");
    assertThat(store.begins).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void theWindowThatEndsWithTimeHasRows(Mode mode) {
    OperatorHarness harness = tumbling(SUM, mode, MUCH);
    harness.record("a", Long.MAX_VALUE - 1, 1L);
    harness.commit();
    harness.watermark(50);
    harness.record("a", Long.MAX_VALUE - 1, 2L);
    harness.record("a", 60, 4L);
    harness.watermark(Long.MAX_VALUE);
    harness.commit();
    assertThat(harness.results()).hasSize(2);
    assertThat(((WindowResult<?, ?>) harness.results().get(1).value()).value()).isEqualTo(3L);
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void windowsBeyondThoseThatAreLookedForHaveRows(Mode mode) {
    OperatorHarness harness = tumbling(SUM, mode, MUCH);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 150; i++) {
        harness.record("a", (i * 7 % 150) * 10, 1L);
        harness.record("b", i * 10, 1L);
      }
      if (round != 1) {
        harness.commit();
      }
    }
    harness.watermark(10_000);
    harness.commit();
    assertThat(results(harness))
        .hasSize(300)
        .doesNotHaveDuplicates()
        .allMatch(r -> r.endsWith("3"));
    assertThat(harness.rowsLeft()).isZero();
  }

  @Test
  void onlySoManyWindowsAreLookedForOneByOne() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    for (int i = 0; i < 64; i++) {
      harness.record("a", i * 10, 1L);
    }
    harness.watermark(640);
    assertThat(store.begins).isEmpty();
    for (int i = 64; i < 129; i++) {
      harness.record("a", i * 10, 1L);
    }
    harness.watermark(1_290);
    assertThat(store.begins).hasSize(1);
    harness.commit();
    assertThat(harness.results()).hasSize(129);
  }

  /** More open windows than are kept in mind. */
  @Test
  void windowsWhoseRowsAreNotKeptInMindAreTakenToHaveSome() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, MUCH);
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 1_300; i++) {
        harness.record("a", i * 10, 1L);
        if (i % 40 == 0) {
          harness.commit();
        }
      }
      harness.commit();
    }
    harness.watermark(5_000);
    harness.record("a", 5_001, 1L);
    harness.record("a", 12_991, 1L);
    harness.watermark(20_000);
    harness.commit();
    assertThat(results(harness)).hasSize(1_300).contains("5010 a 3", "13000 a 3", "20 a 2");
    assertThat(harness.rowsLeft()).isZero();
  }

  @Test
  void whatTakesTooMuchMemoryBecomesRowsBeforeTheCommit() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, 40_000);
    for (int i = 0; i < 100; i++) {
      harness.record("k" + i, 1, 1L);
    }
    harness.watermark(10);
    assertThat(store.begins).as("10,000 bytes take 100 short keys").isEmpty();
    for (int i = 0; i < 400; i++) {
      harness.record("k" + i, 11, 1L);
    }
    harness.watermark(20);
    assertThat(store.begins).as("but not 400").hasSize(1);
    harness.commit();
    assertThat(harness.results()).hasSize(500);
    store.begins.clear();
    harness.record("a", 21, 1L);
    harness.watermark(30);
    assertThat(store.begins).as("what has become rows takes no memory any more").isEmpty();
  }

  @Test
  void memoryIsGivenBackByWindowsThatFire() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, 40_000);
    for (int window = 0; window < 20; window++) {
      for (int i = 0; i < 100; i++) {
        harness.record("k" + i, window * 10, 1L);
      }
      harness.watermark(window * 10 + 10);
    }
    harness.commit();
    assertThat(harness.results()).hasSize(2_000);
    assertThat(store.begins).isEmpty();
  }

  /** Large windows may be followed by small ones, many of which are open at a time. */
  @Test
  void windowsThatAreOpenTogetherAreNotAllAsLargeAsTheLastOne() {
    OperatorHarness harness = tumbling(SUM, Mode.AS_TOLD, 64 << 20);
    for (int i = 0; i < 60_000; i++) {
      harness.record("k" + i, 1, 1L);
    }
    harness.watermark(10);
    long before = allocatedBytes();
    for (int i = 1; i <= 64; i++) {
      harness.record("k", i * 10, 1L);
    }
    assertThat(allocatedBytes() - before).isLessThan(8 << 20);
    harness.watermark(1_000);
    harness.commit();
    assertThat(harness.results()).hasSize(60_064);
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  /** Their records count, since an accumulator may have them all. */
  @Test
  void accumulatorsThatGrowBecomeRowsEarlier() {
    OperatorHarness harness = tumbling(LIST, Mode.AS_TOLD, 40_000);
    for (int i = 0; i < 50; i++) {
      harness.record("a", 1, 1L);
    }
    harness.watermark(10);
    assertThat(store.begins).isEmpty();
    for (int i = 0; i < 500; i++) {
      harness.record("a", 11, 1L);
    }
    harness.watermark(20);
    assertThat(store.begins).hasSize(1);
    harness.commit();
    assertThat(harness.results()).hasSize(2);
  }

  /** What the rows of other windows took says nothing about them. */
  @Test
  void accumulatorsTakeWhatTheirRecordsTake() {
    Aggregation<String, ?, ?> texts = Aggregates.toList(String.class);
    Fold list = Fold.of(texts);
    OperatorHarness harness = tumbling(list, Mode.AS_TOLD, 40_000);
    harness.record("a", 1, "x".repeat(1_000));
    harness.watermark(10);
    assertThat(store.begins).isEmpty();
    for (int i = 0; i < 3; i++) {
      harness.record("a", 11, "x".repeat(1_000));
    }
    harness.commit();
    harness.watermark(20);
    harness.commit();
    store.begins.clear();
    for (int i = 0; i < 100; i++) {
      harness.record("a", 21, "x");
    }
    harness.watermark(30);
    assertThat(store.begins).as("short ones after long ones").isEmpty();
    for (int i = 0; i < 3; i++) {
      harness.record("a", 31, "x".repeat(1_000));
    }
    harness.watermark(40);
    assertThat(store.begins).as("long ones").hasSize(1);
    harness.commit();
    assertThat(harness.results()).hasSize(4);
  }
}
