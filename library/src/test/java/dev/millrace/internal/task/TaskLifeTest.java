package dev.millrace.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.millrace.internal.task.TaskLife.Phase;
import org.junit.jupiter.api.Test;

final class TaskLifeTest {

  private final TaskLife life = new TaskLife(false);

  @Test
  void aTaskFiresBeforeItReads() {
    assertThat(life.phase()).isEqualTo(Phase.FIRING);
    assertThat(life.isReading()).isFalse();

    life.fired(false);
    assertThat(life.phase()).isEqualTo(Phase.FIRING);

    life.fired(true);
    assertThat(life.phase()).isEqualTo(Phase.READING);
  }

  @Test
  void timeThatGoesOnMakesItFireAgain() {
    life.fired(true);

    life.timeWentOn();

    assertThat(life.isFiring()).isTrue();
  }

  @Test
  void anEndIsRecordedBeforeItIsAnnounced() {
    life.fired(true);

    life.finish();
    assertThat(life.isFinished()).isTrue();
    assertThat(life.isEndPending()).isTrue();
    assertThat(life.isAnnouncementDue()).as("before its frame is committed").isFalse();

    life.committed();
    assertThat(life.isAnnouncementDue()).isTrue();

    life.committed();
    assertThat(life.phase())
        .as("after a commit without the announcement")
        .isEqualTo(Phase.RECORDED);

    life.announced();
    assertThat(life.phase()).isEqualTo(Phase.ANNOUNCED);
    assertThat(life.isEndPending()).isFalse();
    assertThat(life.isAnnouncementDue()).isFalse();
  }

  @Test
  void commitsOfATaskThatHasNotFinishedRecordNoEnd() {
    life.committed();
    life.fired(true);
    life.committed();

    assertThat(life.phase()).isEqualTo(Phase.READING);
  }

  @Test
  void aTaskThatHadFinishedMayStillHaveToAnnounceIt() {
    TaskLife reopened = new TaskLife(true);

    assertThat(reopened.isFinished()).isTrue();
    assertThat(reopened.isAnnouncementDue()).isTrue();
    assertThat(reopened.isFiring()).isFalse();
  }

  @Test
  void timeDoesNotWakeAFinishedTask() {
    life.fired(true);
    life.finish();

    life.timeWentOn();

    assertThat(life.phase()).isEqualTo(Phase.FINISHED);
    assertThatIllegalStateException().isThrownBy(() -> life.fired(true));
  }

  @Test
  void stepsAreNotLeftOut() {
    assertThatIllegalStateException().as("amid a firing").isThrownBy(life::finish);
    life.fired(true);
    assertThatIllegalStateException().as("before the end").isThrownBy(life::announced);
    life.finish();
    assertThatIllegalStateException().as("before it is recorded").isThrownBy(life::announced);
  }
}
