package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.operator.window.OperatorHarness.Mode;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.WindowRules;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.table.Change;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.WindowSpec;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A version of a job that allows another lateness: what is gone stays gone, since a correction of
 * it would be a result of the late record alone.
 */
final class ChangedLatenessTest {

  private static final Fold SUM = Fold.of(Aggregates.sum((Long value) -> value));

  private enum Kind {
    TUMBLING(Windows.tumbling(ms(10))),
    WITH_GAPS(Windows.sliding(ms(10), ms(20))),
    SLIDING(Windows.sliding(ms(10), ms(5))),
    SESSION(Windows.session(ms(5)));

    private final WindowKind window;

    Kind(WindowSpec<?> spec) {
      this.window = WindowAccess.kind(spec);
    }

    StageWindowAggregate version(long latenessMs, EmissionKind emission) {
      return version(new WindowRules(latenessMs, emission, true, Optional.empty()));
    }

    StageWindowAggregate version(WindowRules rules) {
      return new StageWindowAggregate(
          SUM, String.class, window, TimeDomain.EVENT, rules, Optional.empty());
    }

    OperatorHarness harness(StageWindowAggregate version, Mode mode) {
      return new OperatorHarness(
          version,
          context -> WindowOperators.of(version, context),
          mode,
          new InMemoryStateStore(),
          1,
          1 << 20);
    }
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }

  /** {@return what was emitted of windows that begin before a time} */
  private static List<String> emitted(OperatorHarness harness, long beforeMs) {
    return harness.results().stream()
        .filter(each -> each.value() instanceof Change<?, ?>)
        .map(each -> (Change<?, ?>) each.value())
        .filter(change -> row(change).window().start().toEpochMilli() < beforeMs)
        .map(
            change ->
                (change.kind().retracts() ? "-" : "+")
                    + row(change).window().start().toEpochMilli()
                    + "="
                    + change.value())
        .toList();
  }

  private static Windowed<?> row(Change<?, ?> change) {
    return (Windowed<?>) change.key();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aWindowThatHasGoneDoesNotComeBack(Kind kind) {
    for (Mode mode : Mode.values()) {
      for (EmissionKind emission :
          List.of(new EmissionKind.OnClose(), new EmissionKind.OnUpdate())) {
        String said = kind + ", " + mode + ", " + emission;
        OperatorHarness harness = kind.harness(kind.version(5, emission), mode);
        harness.record("k", 2, 10L);
        harness.record("k", 62, 1L);
        harness.watermark(50);
        harness.changeTo(kind.version(1_000, emission));
        List<String> before = emitted(harness, 10);
        assertThat(before).as(said).isNotEmpty();
        harness.record("k", 3, 1L);
        harness.commit();
        harness.watermark(60);
        harness.record("k", 4, 1L);
        harness.commit();
        assertThat(emitted(harness, 10)).as(said).isEqualTo(before);
        assertThat(harness.late()).as(said).isEqualTo(2);
        harness.watermark(Long.MAX_VALUE);
        harness.commit();
        assertThat(harness.rowsLeft()).as(said).isZero();
      }
    }
  }

  /** Also over further versions: the first one that came after it has kept it. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aWindowThatIsStillThereIsCorrected(Kind kind) {
    for (Mode mode : Mode.values()) {
      String said = kind + ", " + mode;
      EmissionKind emission = new EmissionKind.OnClose();
      OperatorHarness harness = kind.harness(kind.version(5, emission), mode);
      harness.record("k", 2, 10L);
      harness.record("k", 45, 7L);
      harness.watermark(53);
      harness.changeTo(kind.version(100, emission));
      harness.watermark(120);
      harness.changeTo(kind.version(200, emission));
      harness.changeTo(kind.version(200, emission));
      harness.record("k", 46, 1L);
      harness.record("k", 3, 1L);
      harness.commit();
      assertThat(harness.late()).as(said).isEqualTo(1);
      assertThat(emitted(harness, 50))
          .as(said)
          .anyMatch(each -> each.startsWith("+4") && each.endsWith("=8"))
          .noneMatch(each -> each.endsWith("=1"));
      harness.changeTo(kind.version(0, emission));
      harness.record("k", 47, 1L);
      harness.commit();
      assertThat(harness.late()).as(said).isEqualTo(2);
      harness.watermark(Long.MAX_VALUE);
      harness.commit();
      assertThat(harness.rowsLeft()).as(said).isZero();
    }
  }

  /** Their rows are the same, so that a version may make a table of what was a stream. */
  @ParameterizedTest
  @EnumSource(Mode.class)
  void aSessionThatWentAsItClosedDoesNotComeBack(Mode mode) {
    OperatorHarness harness = Kind.SESSION.harness(Kind.SESSION.version(WindowRules.FINAL), mode);
    harness.record("k", 2, 10L);
    harness.record("k", 62, 1L);
    harness.watermark(50);
    harness.changeTo(Kind.SESSION.version(1_000, new EmissionKind.OnClose()));
    harness.record("k", 3, 1L);
    harness.commit();
    assertThat(emitted(harness, 10)).isEmpty();
    assertThat(harness.late()).isEqualTo(1);
  }
}
