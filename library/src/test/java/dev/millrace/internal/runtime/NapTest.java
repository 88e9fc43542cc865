package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.commit.CommitPace;
import dev.millrace.internal.commit.CommitPace.Backlog;
import dev.millrace.internal.sim.SimClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class NapTest {

  private static final Duration COMMIT = Duration.ofMillis(5);
  private static final Duration REST = Duration.ofMillis(15);

  private final SimClock clock = new SimClock(Instant.EPOCH);
  private boolean results = true;
  private final CommitPace pace =
      new CommitPace(100_000_000, 100_000_000, 0, () -> results, Long::sum);
  private final Nap nap = new Nap(pace, clock);

  /** A cycle that took 20 ms, of which the worker waited for so long, and then had a record. */
  private void cycle(Duration waited, boolean caughtUp) {
    pace.workDone(clock.nanos());
    assertThat(nap.before(Duration.ofMillis(1))).isPositive();
    clock.advance(REST);
    nap.waited(waited.toNanos());
    if (!caughtUp) {
      clock.advance(Duration.ofMillis(100));
    }
    assertThat(pace.isDue(clock.nanos(), () -> caughtUp ? Backlog.NONE : Backlog.SOME)).isTrue();
    clock.advance(COMMIT);
    pace.committed(clock.nanos(), COMMIT.toNanos());
    assertThat(nap.before(Duration.ofMillis(1))).isEqualTo(Duration.ofMillis(1));
    pace.workDone(clock.nanos());
  }

  private Duration slept(Duration wait) {
    long before = clock.nanos();
    Duration left = nap.before(wait);
    Duration slept = Duration.ofNanos(clock.nanos() - before);
    assertThat(left.plus(slept)).isEqualTo(wait);
    return slept;
  }

  @Test
  void aWorkerWithLittleToDoSleepsUntilShortlyBeforeItsCommit() {
    cycle(REST, true);
    assertThat(slept(REST)).isEqualTo(Duration.ofMillis(12));
    assertThat(slept(Duration.ofMillis(3))).isZero();
  }

  @Test
  void aWorkerThatIsBehindDoesNot() {
    cycle(REST, false);
    assertThat(slept(REST)).isZero();
  }

  @Test
  void aWorkerWhoseRecordsTakeLongDoesNot() {
    cycle(Duration.ofMillis(8), true);
    assertThat(slept(REST)).isZero();
  }

  @Test
  void whoMustDoSomethingBeforeTheCommitDoesNot() {
    cycle(REST, true);
    assertThat(slept(Duration.ZERO)).isZero();
    assertThat(slept(Duration.ofMillis(14))).isZero();
  }

  @Test
  void whoHasNothingToShowSleepsUntilItLooksAgain() {
    cycle(REST, true);
    clock.advance(REST);
    assertThat(pace.isDue(clock.nanos(), () -> Backlog.NONE)).isTrue();
    pace.committed(clock.nanos(), COMMIT.toNanos());
    clock.advance(Duration.ofSeconds(1));
    results = false;
    pace.workDone(clock.nanos());
    assertThat(pace.isDue(clock.nanos(), () -> Backlog.NONE)).isFalse();
    assertThat(slept(Duration.ofMillis(20))).isEqualTo(Duration.ofMillis(17));
    pace.workDone(clock.nanos());
    assertThat(pace.isDue(clock.nanos(), () -> Backlog.SOME)).isFalse();
    assertThat(slept(Duration.ofMillis(20))).as("behind").isZero();
  }

  @Test
  void whoHasNothingToCommitWaitsForRecordsInstead() {
    cycle(REST, true);
    pace.committed(clock.nanos(), COMMIT.toNanos());
    assertThat(slept(Duration.ofMillis(100))).isZero();
  }
}
