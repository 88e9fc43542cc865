package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.commit.CommitPace.Backlog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class CaughtUpTest {

  private static final Duration MS = Duration.ofMillis(1);
  private static final ConsumerRecords<byte[], byte[]> NOTHING = ConsumerRecords.empty();
  private static final ConsumerRecords<byte[], byte[]> ONE =
      new ConsumerRecords<>(
          Map.of(
              new TopicPartition("in", 0),
              List.of(new ConsumerRecord<>("in", 0, 0, new byte[0], new byte[0]))),
          Map.of());

  private boolean queued;
  private long unfetched = 1_000_000;
  private long taken;
  private boolean calls;
  private final CaughtUp caughtUp =
      new CaughtUp(() -> queued, () -> calls, () -> unfetched, () -> taken);

  @Test
  void aBacklogInTheLogIsNotCaughtUpWith() {
    caughtUp.polled(ONE, MS);
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
  }

  @Test
  void whatIsQueuedIsToBeDoneFirst() {
    caughtUp.polled(NOTHING, Duration.ofSeconds(1));
    queued = true;
    unfetched = 0;
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
  }

  @Test
  void pollsThatWaitInVainLeaveTimeForACommitButTheBacklogIsThere() {
    caughtUp.polled(NOTHING, Duration.ofMillis(60));
    caughtUp.polled(NOTHING, Duration.ofMillis(39));
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
    caughtUp.polled(NOTHING, MS);
    assertThat(caughtUp.get()).isEqualTo(Backlog.OUT_OF_REACH);
    caughtUp.polled(ONE, MS);
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
  }

  @Test
  void aPauseBetweenTwoFetchesIsNoReasonToCommit() {
    for (int fetch = 0; fetch < 20; fetch++) {
      caughtUp.polled(NOTHING, Duration.ofMillis(10));
      assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
      caughtUp.polled(ONE, Duration.ZERO);
    }
  }

  @Test
  void anAnswerThatIsMissingIsNoBacklog() {
    caughtUp.polled(ONE, MS);
    calls = true;
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
    unfetched = 0;
    assertThat(caughtUp.get()).isEqualTo(Backlog.ANSWERS);
    queued = true;
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
  }

  @Test
  void aPollThatDoesNotWaitProvesNothing() {
    caughtUp.polled(NOTHING, Duration.ZERO);
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
  }

  @Test
  void whatHasJustComeIsNoBacklogBesideWhatTheTransactionHas() {
    caughtUp.polled(ONE, MS);
    taken = 100;
    unfetched = 58;
    assertThat(caughtUp.get()).isEqualTo(Backlog.NONE);
    unfetched = 59;
    assertThat(caughtUp.get()).isEqualTo(Backlog.SOME);
  }

  @Test
  void theEndsOfAFewTransactionsAreNoBacklog() {
    caughtUp.polled(ONE, MS);
    taken = 1;
    unfetched = 8;
    assertThat(caughtUp.get()).isEqualTo(Backlog.NONE);
  }
}
