package dev.millrace.internal.runtime;

import static dev.millrace.internal.runtime.WorkerLife.Phase.AWAITING_REST;
import static dev.millrace.internal.runtime.WorkerLife.Phase.COMMITTING;
import static dev.millrace.internal.runtime.WorkerLife.Phase.GONE;
import static dev.millrace.internal.runtime.WorkerLife.Phase.LEAVING;
import static dev.millrace.internal.runtime.WorkerLife.Phase.OUTSIDE;
import static dev.millrace.internal.runtime.WorkerLife.Phase.SUSPENDED;
import static dev.millrace.internal.runtime.WorkerLife.Phase.UNDECIDED;
import static dev.millrace.internal.runtime.WorkerLife.Phase.WORKING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.millrace.internal.runtime.WorkerLife.Phase;
import dev.millrace.internal.task.Fate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The phases of a worker, and every way from one to another. */
final class WorkerLifeTest {

  /** A step of a life, and the phases that it leads to from others; from the rest it is refused. */
  private record Step(String name, Consumer<WorkerLife> step, Map<Phase, Phase> ways) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Step> steps() {
    return Stream.of(
        new Step("joined", WorkerLife::joined, Map.of(OUTSIDE, WORKING)),
        new Step("awaitRest", WorkerLife::awaitRest, Map.of(WORKING, AWAITING_REST)),
        new Step(
            "commitBegins",
            WorkerLife::commitBegins,
            Map.of(WORKING, COMMITTING, AWAITING_REST, COMMITTING)),
        new Step("commitAsked", WorkerLife::commitAsked, Map.of(COMMITTING, UNDECIDED)),
        new Step("commitRefused", WorkerLife::commitRefused, Map.of(UNDECIDED, COMMITTING)),
        new Step("settled", WorkerLife::settled, Map.of(UNDECIDED, WORKING)),
        new Step(
            "startsAfresh",
            WorkerLife::startsAfresh,
            Map.of(
                WORKING, WORKING,
                AWAITING_REST, WORKING,
                COMMITTING, WORKING,
                UNDECIDED, WORKING,
                SUSPENDED, SUSPENDED)),
        new Step("suspend", WorkerLife::suspend, Map.of(WORKING, SUSPENDED)),
        new Step("resume", WorkerLife::resume, Map.of(SUSPENDED, WORKING)),
        new Step("awaitedRest", WorkerLife::awaitedRest, Map.of(AWAITING_REST, WORKING)),
        new Step("leaves", WorkerLife::leaves, all(LEAVING, List.of(GONE))),
        new Step("gone", WorkerLife::gone, all(GONE, List.of())));
  }

  private static Map<Phase, Phase> all(Phase to, List<Phase> but) {
    Map<Phase, Phase> ways = new EnumMap<>(Phase.class);
    for (Phase from : Phase.values()) {
      if (!but.contains(from)) {
        ways.put(from, to);
      }
    }
    return ways;
  }

  private static WorkerLife in(Phase phase) {
    WorkerLife life = new WorkerLife();
    List<Consumer<WorkerLife>> way =
        switch (phase) {
          case OUTSIDE -> List.of();
          case WORKING -> List.of(WorkerLife::joined);
          case AWAITING_REST -> List.of(WorkerLife::joined, WorkerLife::awaitRest);
          case COMMITTING -> List.of(WorkerLife::joined, WorkerLife::commitBegins);
          case UNDECIDED ->
              List.of(WorkerLife::joined, WorkerLife::commitBegins, WorkerLife::commitAsked);
          case SUSPENDED -> List.of(WorkerLife::joined, WorkerLife::suspend);
          case LEAVING -> List.of(WorkerLife::joined, WorkerLife::leaves);
          case GONE -> List.of(WorkerLife::gone);
        };
    way.forEach(step -> step.accept(life));
    assertThat(life.phase()).isEqualTo(phase);
    return life;
  }

  @ParameterizedTest
  @MethodSource("steps")
  void everyWayThatIsNotAllowedIsRefused(Step step) {
    for (Phase from : Phase.values()) {
      WorkerLife life = in(from);
      Phase to = step.ways().get(from);
      if (to == null) {
        assertThatIllegalStateException()
            .as("%s while it is %s", step, from)
            .isThrownBy(() -> step.step().accept(life))
            .withMessageContaining("while it is " + from);
        assertThat(life.phase()).isEqualTo(from);
      } else {
        step.step().accept(life);
        assertThat(life.phase()).as("%s while it is %s", step, from).isEqualTo(to);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsAskedOfAPhaseFollowsFromIt(Phase phase) {
    WorkerLife life = in(phase);
    assertThat(life.isOutside()).isEqualTo(phase == OUTSIDE);
    assertThat(life.awaitsRest()).isEqualTo(phase == AWAITING_REST);
    assertThat(life.isCommitting()).isEqualTo(phase == COMMITTING || phase == UNDECIDED);
    assertThat(life.isSuspended()).isEqualTo(phase == SUSPENDED);
    assertThat(life.fate()).isEqualTo(phase == UNDECIDED ? Fate.UNKNOWN : Fate.ABORTED);
  }

  @Test
  void aWorkerIsStartedWhenItsFirstAssignmentIsOpenAndStaysSo() {
    WorkerLife life = in(WORKING);
    life.openedAll();
    assertThat(life.isStarted()).as("nothing was assigned yet").isFalse();

    life.assigned();
    assertThat(life.isStarted()).isFalse();

    life.openedAll();
    assertThat(life.isStarted()).isTrue();

    life.assigned();
    life.startsAfresh();
    assertThat(life.isStarted()).isTrue();
  }

  @Test
  void toBeAskedToStopIsNoPhase() {
    WorkerLife life = in(COMMITTING);

    life.stop();

    assertThat(life.isToStop()).isTrue();
    assertThat(life.phase()).isEqualTo(COMMITTING);
  }
}
