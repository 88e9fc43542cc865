package dev.millrace.internal.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.time.ChannelStatus;
import dev.millrace.internal.time.SourceAlignment;
import dev.millrace.internal.time.Watermarks;
import org.junit.jupiter.api.Test;

final class BacklogWaitTest {

  private static final long WINDOW_MS = 300;

  private final SourceAlignment backlog = new SourceAlignment(WINDOW_MS);
  private final BacklogWait wait = new BacklogWait();

  private void look(long slowestMs, long taskMs) {
    backlog.moved(0, ChannelStatus.ACTIVE, slowestMs);
    backlog.moved(1, ChannelStatus.ACTIVE, taskMs);
    wait.look(backlog, 1, taskMs);
  }

  @Test
  void whoIsAWindowAheadWaitsUntilTheOthersAreNear() {
    look(0, WINDOW_MS);
    assertThat(wait.isOn()).isFalse();
    look(0, WINDOW_MS + 1);
    assertThat(wait.isOn()).isTrue();
    look(WINDOW_MS / 4, WINDOW_MS + 1);
    assertThat(wait.isOn()).isTrue();
    look(WINDOW_MS / 4 + 1, WINDOW_MS + 1);
    assertThat(wait.isOn()).isFalse();
  }

  @Test
  void nobodyIsExpectedToBeNearerThanWhatIsReadAtATime() {
    look(0, 0);
    look(0, 5_000);
    assertThat(wait.isOn()).isFalse();
    look(0, 9_000);
    assertThat(wait.isOn()).as("9,000 ahead, 4,000 at a time").isTrue();
    look(5_999, 9_000);
    assertThat(wait.isOn()).isTrue();
    look(6_000, 9_000);
    assertThat(wait.isOn()).isFalse();
  }

  @Test
  void whoHasReadAllThereIsIsNotWaitedFor() {
    look(0, WINDOW_MS + 1);
    assertThat(wait.isOn()).isTrue();
    backlog.moved(0, ChannelStatus.IDLE, 0);
    wait.look(backlog, 1, WINDOW_MS + 1);
    assertThat(wait.isOn()).isFalse();
  }

  @Test
  void whoKnowsNoTimeYetNeitherWaitsNorIsWaitedFor() {
    look(0, Watermarks.UNKNOWN);
    assertThat(wait.isOn()).isFalse();
    look(Watermarks.UNKNOWN, WINDOW_MS * 10);
    assertThat(wait.isOn()).isFalse();
    look(0, WINDOW_MS * 10);
    assertThat(wait.isOn()).as("the first time is no stretch that was read").isTrue();
  }

  @Test
  void whoOthersWouldNeedLongToComeUpWithIsReadBesideThem() {
    look(0, 0);
    look(0, 1_000); // at a time
    long far = 1_000 * BacklogWait.MOST_STRETCHES;
    look(1_000, far + 1_000);
    assertThat(wait.isOn()).as("which was read in one piece").isFalse();
    look(2_000, far + 1_000 + 1_000);
    assertThat(wait.isOn()).as("a hundred pieces ahead").isTrue();
    look(2_000, far + 1_000 + 2_000 + 1_000);
    assertThat(wait.isOn()).isTrue();
    look(0, far * 1_000);
    look(0, far * 1_000 + 1);
    assertThat(wait.isOn()).as("of another time").isFalse();
    look(far * 1_000 - WINDOW_MS, far * 1_000 + 1);
    assertThat(wait.isOn()).as("they have nearly come up").isTrue();
  }

  @Test
  void othersThatDoNotMoveAreNotWaitedForForEver() {
    look(0, WINDOW_MS + 1);
    for (int i = 0; i < BacklogWait.MOST_LOOKS - 1; i++) {
      assertThat(wait.isOn()).isTrue();
      look(0, WINDOW_MS + 1);
    }
    look(0, WINDOW_MS + 1);
    assertThat(wait.isOn()).isFalse();
    look(1, WINDOW_MS + 1);
    assertThat(wait.isOn()).as("they move again").isTrue();
  }
}
