package dev.millrace.internal.operator.join;

import static dev.millrace.internal.operator.join.CoGroupCases.SESSION;
import static dev.millrace.internal.operator.join.CoGroupCases.SLIDING;
import static dev.millrace.internal.operator.join.CoGroupCases.TUMBLING;
import static dev.millrace.internal.operator.join.CoGroupCases.group;
import static dev.millrace.internal.operator.join.CoGroupCases.harness;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.StageCoGroup;
import dev.millrace.internal.window.WindowKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rows of a co-group, what it reads of them, and what it counts. */
final class CoGroupOperatorTest {

  // ------------------------------------------------------------------ counters

  @Test
  void aRecordThatHasMissedAWindowIsCountedAsPartlyLate() {
    try (JoinHarness harness = harness(group(SLIDING), ErrorPolicy.fail(), null)) {
      harness.watermark(10);
      harness.record(0, "k", 7, "a");
      harness.record(1, "k", 9, "b");
      harness.record(1, "k", 10, "c");
      assertThat(harness.partlyLate).isEqualTo(2);
      assertThat(harness.late).isEmpty();
    }
  }

  // ------------------------------------------------------------------ rows

  @Test
  void aRecordIsOneRowInHoweverManyWindows() {
    try (JoinHarness harness = harness(group(SLIDING), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < 20; i++) {
        harness.record(i % 2, "k", i / 2, "" + i);
      }
      assertThat(harness.rows(StageCoGroup.LEFT)).isEqualTo(10);
      assertThat(harness.rows(StageCoGroup.RIGHT)).isEqualTo(10);
      assertThat(harness.rows(StageCoGroup.HEADS)).isEqualTo(1);
      assertThat(harness.rows(StageCoGroup.DUE)).isEqualTo(1);
      harness.commit();
      harness.record(0, "k", 10, "b");
      assertThat(harness.changed(StageCoGroup.HEADS)).isZero();
      assertThat(harness.changed(StageCoGroup.DUE)).isZero();
      harness.watermark(10);
      assertThat(harness.rows(StageCoGroup.LEFT)).as("of 5 ms and later").isEqualTo(6);
      assertThat(harness.rows(StageCoGroup.DUE)).isEqualTo(1);
    }
  }

  @Test
  void anEarlierRecordMovesTheEntryOfItsKey() {
    for (WindowKind window : List.of(TUMBLING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        harness.record(0, "k", 33, "b");
        harness.commit();
        harness.record(1, "k", 3, "a");
        assertThat(harness.rows(StageCoGroup.DUE)).isEqualTo(1);
      }
    }
  }

  @Test
  void aSingleRecordOnEachSideIsFoundWithoutAScan() {
    for (WindowKind window : List.of(TUMBLING, SESSION)) {
      try (JoinHarness harness = harness(group(window), ErrorPolicy.fail(), null)) {
        harness.record(0, "k", 1, "a");
        harness.record(1, "k", 2, "x");
        harness.commit();
        int before = harness.scans().begins.size();
        harness.watermark(100);
        assertThat(harness.scans().begins).as("of the index").hasSize(before + 1);
        assertThat(harness.results).hasSize(1);
        assertThat(harness.rows()).isZero();
      }
    }
  }

  @Test
  void aSecondRecordIsFoundWhenOneIsLeft() {
    try (JoinHarness harness = harness(group(TUMBLING), ErrorPolicy.fail(), null)) {
      harness.record(0, "k", 1, "a");
      harness.record(0, "k", 11, "b");
      harness.watermark(10);
      harness.record(0, "k", 12, "c");
      harness.watermark(20);
      assertThat(harness.results).containsExactly("0-10:a|@9", "10-20:b c|@19");
    }
  }

  @Test
  void aFiringPassesOnlyTheRecordsOfItsWindow() {
    int buffered = 3_000;
    try (JoinHarness harness = harness(group(TUMBLING), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < buffered; i++) {
        harness.record(0, "k", i, "" + i);
      }
      harness.commit();
      harness.scans().rows = 0;
      harness.watermark(10);
      assertThat(harness.results).hasSize(1);
      assertThat(harness.scans().rows).isLessThanOrEqualTo(30);
      assertThat(harness.rows(StageCoGroup.LEFT)).isEqualTo(buffered - 10);
    }
  }

  @Test
  void aSessionThatGoesOnIsWalkedAlongOnce() {
    int records = 1_000;
    try (JoinHarness harness = harness(group(SESSION), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < records; i++) {
        harness.record(i % 2, "k", i, "" + i);
        harness.commit();
        if (i % 20 == 19) {
          harness.watermark(i - 3);
          harness.commit();
        }
      }
      harness.watermark(records + 9);
      harness.commit();
      assertThat(harness.results).isEmpty();
      assertThat(harness.scans().rows).as("read on the way").isLessThan(2 * records);
    }
  }

  /** It is late unless it belongs to an open session, which is all that is looked for. */
  @Test
  void anOldRecordPassesNoMoreThanShowsThatItsSessionIsOpen() {
    int records = 1_000;
    try (JoinHarness harness = harness(group(SESSION), ErrorPolicy.fail(), null)) {
      for (int i = 0; i < records; i++) {
        harness.record(i % 2, "k", i, "" + i);
      }
      harness.watermark(500);
      harness.commit();
      harness.scans().rows = 0;
      harness.record(0, "k", 3, "old");
      assertThat(harness.late).isEmpty();
      assertThat(harness.scans().rows).isLessThan(10);
    }
  }
}
