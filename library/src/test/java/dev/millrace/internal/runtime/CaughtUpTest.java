package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

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

  private final TransactionSize size = new TransactionSize();
  private boolean queued;
  private long unfetched = 1_000_000;
  private final CaughtUp caughtUp = new CaughtUp(() -> queued, () -> unfetched, size);

  @Test
  void aBacklogInTheLogIsNotCaughtUpWith() {
    caughtUp.polled(ONE, MS);
    assertThat(caughtUp.getAsBoolean()).isFalse();
  }

  @Test
  void whatIsQueuedIsToBeDoneFirst() {
    caughtUp.polled(NOTHING, MS);
    queued = true;
    unfetched = 0;
    assertThat(caughtUp.getAsBoolean()).isFalse();
  }

  @Test
  void aPollThatWaitsInVainProvesIt() {
    caughtUp.polled(NOTHING, MS);
    assertThat(caughtUp.getAsBoolean()).isTrue();
    caughtUp.polled(ONE, MS);
    assertThat(caughtUp.getAsBoolean()).isFalse();
  }

  @Test
  void aPollThatDoesNotWaitProvesNothing() {
    caughtUp.polled(NOTHING, Duration.ZERO);
    assertThat(caughtUp.getAsBoolean()).isFalse();
  }

  @Test
  void whatHasJustComeIsNoBacklogBesideWhatTheTransactionHas() {
    caughtUp.polled(ONE, MS);
    for (int i = 0; i < 100; i++) {
      size.add();
    }
    unfetched = 58;
    assertThat(caughtUp.getAsBoolean()).isTrue();
    unfetched = 59;
    assertThat(caughtUp.getAsBoolean()).isFalse();
  }

  @Test
  void theEndsOfAFewTransactionsAreNoBacklog() {
    caughtUp.polled(ONE, MS);
    size.add();
    unfetched = 8;
    assertThat(caughtUp.getAsBoolean()).isTrue();
  }
}
