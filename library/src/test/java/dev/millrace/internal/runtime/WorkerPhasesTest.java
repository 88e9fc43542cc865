package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.JobStatus;
import dev.millrace.internal.util.StepClock;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a worker is seen to do, and since when. */
final class WorkerPhasesTest {

  private final StepClock clock = new StepClock();
  private final WorkerLife life = new WorkerLife();
  private boolean restores;
  private boolean held;
  private final WorkerPhases phases = new WorkerPhases(life, () -> restores, () -> held, clock);

  private void check(WorkerPhase expected) {
    clock.advanceMs(10);
    phases.look();
    assertThat(phases.phase()).isEqualTo(expected);
    assertThat(phases.sinceMs()).as("as of this look").isEqualTo(clock.wallMs());
    clock.advanceMs(10);
    phases.look();
    assertThat(phases.phase()).isEqualTo(expected);
    assertThat(phases.sinceMs()).as("still").isEqualTo(clock.wallMs() - 10);
  }

  @Test
  void aWorkerStartsRestoresRunsAndCloses() {
    long created = clock.wallMs();
    clock.advanceMs(10);
    phases.look();
    assertThat(phases.phase()).isEqualTo(WorkerPhase.STARTING);
    life.joined();
    phases.look();
    assertThat(phases.phase()).as("nothing is assigned").isEqualTo(WorkerPhase.STARTING);
    assertThat(phases.sinceMs()).isEqualTo(created);
    life.assigned();
    restores = true;
    check(WorkerPhase.RESTORING);
    restores = false;
    life.openedAll();
    check(WorkerPhase.RUNNING);
    held = true;
    check(WorkerPhase.PAUSED);
    held = false;
    check(WorkerPhase.RUNNING);
    phases.closes();
    phases.look();
    assertThat(phases.phase()).isEqualTo(WorkerPhase.CLOSING);
  }

  /** In reports and in the status they are known by their names. */
  @Test
  void everyPhaseIsOneOfTheStatus() {
    assertThat(Stream.of(WorkerPhase.values()).map(Enum::name))
        .containsExactlyElementsOf(
            Stream.of(JobStatus.Worker.Phase.values()).map(Enum::name).toList());
  }

  /** Each of its transactions goes through several phases of its life. */
  @Test
  void transactionsAreNoPhases() {
    life.joined();
    life.assigned();
    life.openedAll();
    check(WorkerPhase.RUNNING);
    long since = phases.sinceMs();
    life.commitBegins();
    phases.look();
    life.commitAsked();
    phases.look();
    life.settled();
    phases.look();
    assertThat(phases.phase()).isEqualTo(WorkerPhase.RUNNING);
    assertThat(phases.sinceMs()).isEqualTo(since);
  }

  /** It has no task open then, and brings none back either. */
  @Test
  void aWorkerWhoseSinkFailsIsSuspendedAndRestoresNothing() {
    life.joined();
    life.assigned();
    life.openedAll();
    restores = true;
    life.suspend();
    check(WorkerPhase.SUSPENDED);
    long since = phases.sinceMs();
    life.resume();
    phases.look();
    life.suspend();
    phases.look();
    life.resume();
    phases.look();
    assertThat(phases.phase()).as("nothing is committed yet").isEqualTo(WorkerPhase.SUSPENDED);
    assertThat(phases.sinceMs()).isEqualTo(since);
    life.commitBegins();
    life.commitAsked();
    life.settled();
    check(WorkerPhase.RESTORING);
  }
}
