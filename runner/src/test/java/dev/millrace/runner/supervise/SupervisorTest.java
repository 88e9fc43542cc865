package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.MillraceException;
import dev.millrace.runner.supervise.Supervision.Phase;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a supervisor does about the ends of its processes, on a clock of the test's. */
final class SupervisorTest {

  private static final int KILLED = 137;

  private final ManualTime time = new ManualTime();
  private final ArrayDeque<Supplier<FakeChild>> children = new ArrayDeque<>();
  private final ArrayDeque<Supplier<FakeChild>> spares = new ArrayDeque<>();
  private final List<Long> started = new ArrayList<>();
  private final List<String> evicted = new ArrayList<>();
  private final List<String> standIns = new ArrayList<>();
  private Evictor evictor = (job, instance) -> evicted.add(job + " " + instance);
  private boolean comesBack = true;
  private int restarts = 10;

  private Supervisor supervisor(FakeChild... all) {
    Arrays.stream(all).forEach(child -> children.add(() -> child));
    Child.Launcher launcher = new FakeLauncher(children, spares);
    return new Supervisor(
        launcher,
        new Spare(launcher, !spares.isEmpty()),
        new RestartPolicy(new RestartBudget(restarts, Duration.ofMinutes(10)), () -> 0),
        (job, instance) -> evictor.evict(job, instance),
        this::open,
        new Supervisor.Rules(
            code -> code == 2 || code == 4 || code == 5,
            comesBack,
            Duration.ofSeconds(5),
            started::add),
        time);
  }

  private StandIn.Answering open(InetSocketAddress address, Supplier<Supervision> supervision) {
    standIns.add("open " + address.getPort() + " " + supervision.get().phase());
    return () -> standIns.add("close after " + time.waits);
  }

  private static FakeChild child(long pid) {
    return new FakeChild(pid).named("a1");
  }

  @Test
  void aJobThatHasComeToItsEndIsNotStartedAgain() throws Exception {
    Supervisor supervisor = supervisor(child(1).endingWith(0));
    supervisor.run();
    assertThat(started).containsExactly(1L);
    assertThat(evicted).isEmpty();
    assertThat(supervisor.supervision().phase()).isEqualTo(Phase.ENDED);
    assertThat(supervisor.supervision().past()).isEqualTo(Past.NONE);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 5})
  void whatAsksForAPersonIsNotTriedAgain(int code) {
    Supervisor supervisor = supervisor(child(1).endingWith(code));
    assertThatThrownBy(supervisor::run)
        .isInstanceOfSatisfying(
            InstanceEndedException.class, ended -> assertThat(ended.exitCode()).isEqualTo(code))
        .hasMessageContaining("Cannot keep job 'words' running")
        .hasMessageContaining("exit code " + code);
    assertThat(started).containsExactly(1L);
    assertThat(supervisor.supervision().past().lastFailure().orElseThrow().exitCode())
        .isEqualTo(code);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 6, KILLED, 134, 143})
  void anyOtherEndIsFollowedByAnotherProcess(int code) throws Exception {
    supervisor(child(1).endingWith(code), child(2).endingWith(0)).run();
    assertThat(started).containsExactly(1L, 2L);
  }

  @Test
  void whoComesBackAtOnceIsNotEvictedSinceItsGroupWaitsForIt() throws Exception {
    supervisor(child(1).endingWith(KILLED), child(2).endingWith(0)).run();
    assertThat(time.waits).isEmpty();
    assertThat(evicted).isEmpty();
  }

  @Test
  void whoHasToWaitIsEvictedBeforeTheWait() throws Exception {
    List<Integer> waitsBefore = new ArrayList<>();
    evictor =
        (job, instance) -> {
          waitsBefore.add(time.waits.size());
          evicted.add(job + " " + instance);
        };
    supervisor(child(1).endingWith(1), child(2).endingWith(1), child(3).endingWith(0)).run();
    assertThat(evicted).containsExactly("words a1");
    assertThat(waitsBefore).containsExactly(0);
    assertThat(time.waits).containsExactly(Duration.ofSeconds(1));
  }

  @Test
  void theTimeThatAnEvictionTakesIsPartOfTheWait() throws Exception {
    evictor = (job, instance) -> time.pass(Duration.ofMillis(400));
    supervisor(child(1).endingWith(1), child(2).endingWith(1), child(3).endingWith(0)).run();
    assertThat(time.waits).containsExactly(Duration.ofMillis(600));
  }

  @Test
  void whoIsNotKnownAgainIsEvictedEvenIfItComesBackAtOnce() throws Exception {
    comesBack = false;
    supervisor(child(1).endingWith(KILLED), child(2).endingWith(0)).run();
    assertThat(evicted).containsExactly("words a1");
  }

  @Test
  void whoDiedBeforeItHadANameIsNotEvicted() throws Exception {
    supervisor(
            new FakeChild(1).endingWith(1), new FakeChild(2).endingWith(1), child(3).endingWith(0))
        .run();
    assertThat(time.waits).containsExactly(Duration.ofSeconds(1));
    assertThat(evicted).isEmpty();
  }

  @Test
  void theNameOfTheProcessBeforeHoldsForOneThatDiesAtItsStart() throws Exception {
    supervisor(child(1).endingWith(1), new FakeChild(2).endingWith(1), child(3).endingWith(0))
        .run();
    assertThat(evicted).containsExactly("words a1");
  }

  @Test
  void anEvictionThatFailsHoldsNothingUp() throws Exception {
    evictor =
        (job, instance) -> {
          throw new MillraceException("Cannot reach Kafka");
        };
    supervisor(child(1).endingWith(1), child(2).endingWith(1), child(3).endingWith(0)).run();
    assertThat(started).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aCrashLoopBacksOffUntilTheBudgetIsUsedUp() {
    restarts = 5;
    FakeChild[] loop = new FakeChild[6];
    for (int i = 0; i < loop.length; i++) {
      loop[i] = child(i + 1).endingWith(i == 5 ? 3 : 1);
    }
    Supervisor supervisor = supervisor(loop);
    assertThatThrownBy(supervisor::run)
        .isInstanceOfSatisfying(
            InstanceEndedException.class, ended -> assertThat(ended.exitCode()).isEqualTo(3))
        .hasMessage(
            "Cannot keep job 'words' running: it has ended 6 times within 600 s, the last time"
                + " with exit code 3 (\"line of 6\"). Mend what the log reports, and start it"
                + " again; --restarts allows more");
    assertThat(time.waits).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L);
    assertThat(evicted).as("the last time there is no restart").hasSize(5);
    assertThat(supervisor.supervision().past().restarts()).isEqualTo(5);
  }

  @Test
  void whoHasWorkedSteadilyBetweenItsDeathsIsAlwaysStartedAtOnce() throws Exception {
    FakeChild[] all = new FakeChild[6];
    for (int i = 0; i < 5; i++) {
      FakeChild each = child(i + 1).endingWith(KILLED);
      all[i] =
          each.doing(
              () -> {
                each.runningSince(time.nanos());
                time.pass(RestartPolicy.STEADY);
              });
    }
    all[5] = child(6).endingWith(0);
    supervisor(all).run();
    assertThat(time.waits).isEmpty();
  }

  @Test
  void theNextProcessGetsWhatBecameOfTheLast() throws Exception {
    FakeChild first = child(1).endingWith(KILLED);
    FakeChild second = child(2).endingWith(1);
    FakeChild third = child(3).endingWith(0);
    supervisor(first, second, third).run();
    assertThat(first.begun).containsExactly(Past.NONE);
    assertThat(second.begun).extracting(Past::restarts).containsExactly(1);
    assertThat(third.begun).extracting(Past::restarts).containsExactly(2);
    ChildFailure failure = third.begun.get(0).lastFailure().orElseThrow();
    assertThat(failure.exitCode()).isEqualTo(1);
    assertThat(failure.lastLines()).containsExactly("line of 2");
  }

  @Test
  void aProcessThatCannotBeStartedCountsAsOneThatDied() throws Exception {
    children.add(
        () -> {
          throw new MillraceException("Cannot start the process: no memory");
        });
    FakeChild second = child(2).endingWith(0);
    supervisor(second).run();
    assertThat(second.begun.get(0).lastFailure().orElseThrow().lastLines())
        .containsExactly("Cannot start the process: no memory");
  }

  // ------------------------------------------------------------------ a spare

  /** A process that works steadily, long enough to get a successor, and is killed then. */
  private FakeChild steadyChild(long pid) {
    FakeChild child = child(pid).runningSince(time.nanos());
    return child.whenLookedAt(
        look -> {
          time.pass(RestartPolicy.STEADY);
          if (look == 2) {
            child.endingWith(KILLED);
          }
        });
  }

  @Test
  void aSpareTakesOverAndIsToldThePastOnlyThen() throws Exception {
    FakeChild spare = child(2);
    spares.add(
        () -> {
          assertThat(spare.begun).isEmpty();
          return spare;
        });
    spare.whenLookedAt(look -> spare.endingWith(0));
    supervisor(steadyChild(1)).run();
    assertThat(started).containsExactly(1L, 2L);
    assertThat(spare.begun).extracting(Past::restarts).containsExactly(1);
    assertThat(time.waits).isEmpty();
  }

  @Test
  void whoHasNotWorkedSteadilyGetsNoSuccessor() throws Exception {
    spares.add(() -> child(99));
    FakeChild brief = child(1);
    brief.whenLookedAt(look -> brief.endingWith(KILLED));
    supervisor(brief, child(2).endingWith(0)).run();
    assertThat(started).containsExactly(1L, 2L);
    assertThat(spares).hasSize(1);
  }

  @Test
  void aSpareThatHasDiedIsNotTaken() throws Exception {
    spares.add(() -> child(99).endingWith(1));
    supervisor(steadyChild(1), child(2).endingWith(0)).run();
    assertThat(started).containsExactly(1L, 2L);
  }

  @Test
  void aSpareThatCannotBeStartedHoldsNothingUp() throws Exception {
    spares.add(
        () -> {
          throw new MillraceException("Cannot start the process: no memory");
        });
    supervisor(steadyChild(1), child(2).endingWith(0)).run();
    assertThat(started).containsExactly(1L, 2L);
  }

  @Test
  void aSpareEndsWithItsSupervisor() throws Exception {
    FakeChild spare = child(99);
    spares.add(() -> spare);
    FakeChild only = child(1).runningSince(time.nanos());
    Supervisor supervisor = supervisor(only);
    only.whenLookedAt(
        look -> {
          time.pass(RestartPolicy.STEADY);
          if (look == 2) {
            supervisor.close();
          }
        });
    supervisor.run();
    assertThat(spare.killed).isTrue();
    assertThat(spare.begun).isEmpty();
    assertThat(started).containsExactly(1L);
  }

  // ------------------------------------------------------------------ stop

  @Test
  void aStopIsPassedOnAndNothingIsStartedAgain() throws Exception {
    FakeChild only = child(1);
    Supervisor supervisor = supervisor(only);
    only.doing(supervisor::close);
    supervisor.run();
    assertThat(only.stopped).isTrue();
    assertThat(only.killed).isFalse();
    assertThat(started).containsExactly(1L);
    assertThat(evicted).as("it has left its groups by itself").isEmpty();
  }

  @Test
  void whatDoesNotStopIsKilled() throws Exception {
    FakeChild only = child(1);
    only.hangs = true;
    Supervisor supervisor = supervisor(only);
    only.doing(supervisor::close);
    supervisor.run();
    assertThat(only.killed).isTrue();
  }

  @Test
  void aStopEndsTheWaitForARestart() throws Exception {
    Supervisor[] supervisor = {null};
    evictor = (job, instance) -> supervisor[0].close();
    supervisor[0] = supervisor(child(1).endingWith(1), child(2).endingWith(1));
    supervisor[0].run();
    assertThat(started).containsExactly(1L, 2L);
  }

  @Test
  void aStopBeforeTheFirstStartStartsNothing() throws Exception {
    Supervisor supervisor = supervisor();
    supervisor.close();
    supervisor.run();
    assertThat(started).isEmpty();
    assertThatCode(supervisor::close).doesNotThrowAnyException();
  }

  // ------------------------------------------------------------------ what others see

  @Test
  void whileAnInstanceWaitsSomebodyAnswersAtItsAddress() throws Exception {
    supervisor(
            child(1).servingAt(7575).endingWith(1),
            child(2).endingWith(1), // at once; dead before it could be asked
            child(3).servingAt(7576).endingWith(1),
            child(4).endingWith(0))
        .run();
    assertThat(standIns)
        .containsExactly(
            "open 7575 WAITING",
            "close after [PT1S]",
            "open 7576 WAITING",
            "close after [PT1S, PT2S]");
  }

  @Test
  void whoIsStartedAtOnceNeedsNobodyToAnswer() throws Exception {
    comesBack = false;
    supervisor(child(1).servingAt(7575).endingWith(KILLED), child(2).endingWith(0)).run();
    assertThat(standIns).isEmpty();
  }

  @Test
  void nobodyAnswersForAnInstanceThatServesNothing() throws Exception {
    supervisor(child(1).endingWith(1), child(2).endingWith(1), child(3).endingWith(0)).run();
    assertThat(standIns).isEmpty();
  }

  @Test
  void othersSeeWhereTheInstanceStands() throws Exception {
    List<Supervision> seen = new ArrayList<>();
    Supervisor[] supervisor = {null};
    Runnable look = () -> seen.add(supervisor[0].supervision());
    evictor = (job, instance) -> look.run();
    FakeChild first = new FakeChild(1);
    supervisor[0] =
        supervisor(
            first
                .endingWith(1)
                .doing(
                    () -> {
                      look.run();
                      first.named("a1").runningSince(0);
                      look.run();
                    }),
            child(2).endingWith(1),
            child(3).endingWith(0));
    supervisor[0].run();
    look.run();
    assertThat(seen)
        .extracting(Supervision::phase)
        .containsExactly(Phase.STARTING, Phase.RUNNING, Phase.WAITING, Phase.ENDED);
    assertThat(seen.get(0).job()).isEmpty();
    assertThat(seen.get(1).job()).contains("words");
    assertThat(seen.get(1).instance()).contains("a1");
    assertThat(seen.get(1).pid()).isEqualTo(OptionalLong.of(1));
    assertThat(seen.get(2).pid()).isEmpty();
    assertThat(seen.get(2).nextStart()).isEqualTo(Optional.of(time.now()));
    assertThat(seen.get(2).past().restarts()).isEqualTo(1);
    assertThat(seen.get(3).past().restarts()).isEqualTo(2);
  }
}
