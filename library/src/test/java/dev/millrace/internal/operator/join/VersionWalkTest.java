package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.fold.Upserted;
import dev.millrace.internal.operator.OperatorRows;
import dev.millrace.internal.plan.JoinFirst;
import dev.millrace.internal.plan.JoinKind;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.VersionsHead;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.TransactionRoom;
import dev.millrace.internal.state.store.InMemoryStateStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a walk along the versions of a key leaves of them, and the head that it makes of that. */
final class VersionWalkTest {

  private static final String STORE = LookupOperator.AsOfEventTime.VERSIONS;
  private static final long NEVER = VersionsHead.NEVER;
  private static final TransactionRoom ENOUGH = () -> true;

  private final OperatorRows rows;
  private final Versions versions;
  private final JoinPlace place = JoinPlace.ofKeys();

  @SuppressWarnings("unchecked") // keys are text
  VersionWalkTest() {
    LookupOperator.AsOfEventTime plan =
        new LookupOperator.AsOfEventTime(TemporalCases.lookup(JoinKind.LEFT), String.class);
    rows =
        new OperatorRows(plan, (KeyCodec<Object>) (KeyCodec<?>) KeyCodecs.forType(String.class), 1);
    rows.open(new Overlay(new InMemoryStateStore(), OverlayLimits.writingThrough(1 << 14)));
    versions = new Versions(rows.of(STORE), false);
    place.move(new byte[] {'k'}, 0, 1);
  }

  private void put(long timeMs, @Nullable String row) {
    versions.put(place, timeMs, new Upserted<>(row));
  }

  /** Walks up to a time from the first version, and returns the head. */
  private VersionsHead passTo(long timeMs, TransactionRoom room) {
    try (Versions.Walk walk = versions.walk(place, Long.MIN_VALUE)) {
      walk.passTo(timeMs, room);
      return walk.head(JoinFirst.NONE);
    }
  }

  private static VersionsHead head(long oldestMs, long nextMs, boolean isGone) {
    return new VersionsHead(JoinFirst.NONE, oldestMs, nextMs, isGone);
  }

  @Test
  void whatIsBeforeTheNewestVersionThatIsPassedGoes() {
    put(10, "x");
    put(20, "y");
    put(30, "z");
    assertThat(passTo(9, ENOUGH)).isEqualTo(head(10, 20, false));
    assertThat(passTo(19, ENOUGH)).isEqualTo(head(10, 20, false));
    assertThat(rows.count(STORE)).isEqualTo(3);
    assertThat(passTo(20, ENOUGH)).isEqualTo(head(20, 30, false));
    assertThat(rows.count(STORE)).isEqualTo(2);
    assertThat(passTo(100, ENOUGH)).isEqualTo(head(30, NEVER, false));
    assertThat(rows.count(STORE)).isEqualTo(1);
  }

  @Test
  void aDeletionThatIsPassedGoesTooAndNoOther() {
    put(10, "x");
    put(20, null);
    put(30, null);
    put(40, "z");
    assertThat(passTo(19, ENOUGH)).isEqualTo(head(10, 20, false));
    assertThat(rows.count(STORE)).isEqualTo(4);
    assertThat(passTo(20, ENOUGH)).isEqualTo(head(30, 40, true));
    assertThat(rows.count(STORE)).isEqualTo(2);
    assertThat(passTo(30, ENOUGH)).isEqualTo(head(40, NEVER, false));
    assertThat(rows.count(STORE)).isEqualTo(1);
  }

  @Test
  void ofAKeyWhoseLastVersionIsADeletionNothingIsLeft() {
    put(10, "x");
    put(20, null);
    assertThat(passTo(20, ENOUGH)).isEqualTo(VersionsHead.NONE);
    assertThat(rows.count(STORE)).isZero();
  }

  @Test
  void theHeadIsThatOfWhatAFullTransactionHasLeft() {
    put(10, "x");
    put(20, "y");
    put(30, null);
    assertThat(passTo(30, () -> false)).isEqualTo(head(10, 20, false));
    assertThat(rows.count(STORE)).isEqualTo(3);
  }

  @Test
  void whoAsksForATimeGetsItsVersion() {
    put(10, "x");
    put(20, null);
    put(30, "z");
    try (Versions.Walk walk = versions.walk(place, Long.MIN_VALUE)) {
      assertThat(walk.at(9)).isNull();
      assertThat(walk.at(10)).isEqualTo("x");
      assertThat(walk.at(19)).isEqualTo("x");
      assertThat(walk.at(20)).isNull();
      assertThat(walk.at(30)).isEqualTo("z");
      assertThat(walk.head(JoinFirst.NONE)).isEqualTo(head(30, NEVER, false));
    }
    assertThat(rows.count(STORE)).isEqualTo(1);
  }
}
