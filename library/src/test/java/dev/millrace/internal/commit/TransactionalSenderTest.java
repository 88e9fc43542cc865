package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.FencedException;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exception table of the commit, on kafka-clients' own fake producer. */
@SuppressWarnings("removal") // there is no other way to make group metadata without a group
final class TransactionalSenderTest {

  private static final TopicPartition INPUT = new TopicPartition("in", 0);
  private static final Map<TopicPartition, OffsetAndMetadata> OFFSETS =
      Map.of(INPUT, new OffsetAndMetadata(5));
  private static final ConsumerGroupMetadata GROUP =
      new ConsumerGroupMetadata("group", 3, "member", java.util.Optional.empty());

  private final List<MockProducer<byte[], byte[]>> producers = new ArrayList<>();
  private final TickingClock clock = new TickingClock();
  private boolean autoComplete = true;
  private Runnable onAbort = () -> {};
  private Runnable onCreation = () -> {};
  private Runnable onClose = () -> {};
  private boolean isSettled = true;
  private final TransactionalSender sender =
      new TransactionalSender("id", this::producer, () -> isSettled, Duration.ofSeconds(10), clock);

  @Test
  void recordsAndOffsetsAreInOneTransaction() {
    sender.open();
    sender.send(record("out", 1));
    sender.send(record("out", 1));
    CommitResult result = sender.commit(OFFSETS, GROUP);
    assertThat(result)
        .isEqualTo(new CommitResult.Committed(Map.of(new TopicPartition("out", 1), 2L)));
    assertThat(latest().history()).hasSize(2);
    assertThat(latest().consumerGroupOffsetsHistory())
        .containsExactly(Map.of("group", Map.of(INPUT, new OffsetAndMetadata(5))));
  }

  @Test
  void partitionsThatTakeTurnsAreAcknowledgedEachByItself() {
    sender.open();
    for (int round = 0; round < 2; round++) {
      sender.send(record("out", 0));
      sender.send(record("other", 0));
      sender.send(record("out", 1));
      sender.send(record("out", 0));
      assertThat(sender.commit(OFFSETS, GROUP))
          .isEqualTo(
              new CommitResult.Committed(
                  Map.of(
                      // The mock counts the records of a topic, whatever their partitions.
                      new TopicPartition("out", 0), 3L * round + 3,
                      new TopicPartition("out", 1), 3L * round + 2,
                      new TopicPartition("other", 0), round + 1L)));
    }
  }

  @Test
  void theTransactionBeginsAtTheCommit() {
    sender.open();
    sender.send(record("out", 1));
    assertThat(latest().transactionInFlight()).isFalse();
  }

  @Test
  void theTransactionBeginsWithTheFirstRowOfTheCommit() {
    sender.open();
    sender.send(record("out", 1));
    sender.sendLast(record("changelog", 1));
    assertThat(latest().uncommittedRecords())
        .extracting(ProducerRecord::topic)
        .containsExactly("out", "changelog");
  }

  @Test
  void whatComesAfterTheBeginningIsNotKept() {
    sender.open();
    sender.sendLast(record("changelog", 1));
    sender.send(record("out", 1));
    assertThat(latest().uncommittedRecords()).hasSize(2);
    assertThat(sender.commit(OFFSETS, GROUP))
        .isEqualTo(
            new CommitResult.Committed(
                Map.of(new TopicPartition("out", 1), 1L, new TopicPartition("changelog", 1), 1L)));
    sender.send(record("out", 1));
    assertThat(latest().transactionInFlight()).isFalse();
  }

  @Test
  void noMoreIsKeptThanTheCachesHold() {
    clock.perLookNanos = 0;
    sender.open();
    for (int i = 0; i < 200; i++) {
      sender.send(new ProducerRecord<>("out", 1, new byte[] {1}, new byte[1000]));
    }
    assertThat(latest().transactionInFlight()).isFalse();
    for (int i = 0; i < 200; i++) {
      sender.send(new ProducerRecord<>("out", 1, new byte[] {1}, new byte[1000]));
    }
    assertThat(latest().uncommittedRecords()).hasSize(400);
  }

  /** Brokers count the time from the first record that is sent. */
  @Test
  void moreIsKeptOfRecordsThatComeSlowly() {
    clock.perLookNanos = 0;
    sender.open();
    for (int i = 0; i < 4_000; i++) {
      clock.sleepMs(1);
      sender.send(new ProducerRecord<>("out", 1, new byte[] {1}, new byte[1000]));
    }
    assertThat(latest().transactionInFlight()).isFalse();
    for (int i = 0; i < 200; i++) {
      sender.send(new ProducerRecord<>("out", 1, new byte[] {1}, new byte[1000]));
    }
    assertThat(latest().uncommittedRecords()).hasSize(4_200);
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
    for (int i = 0; i < 400; i++) {
      sender.send(new ProducerRecord<>("out", 1, new byte[] {1}, new byte[1000]));
    }
    assertThat(latest().uncommittedRecords()).as("quickly again").hasSize(400);
  }

  @Test
  void recordsOfAPartitionKeepTheirOrder() {
    sender.open();
    List<Integer> sent = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      ProducerRecord<byte[], byte[]> record =
          new ProducerRecord<>("out", 1, new byte[] {1}, new byte[i]);
      sent.add(i);
      if (i % 300 == 299) {
        sender.sendLast(record);
      } else {
        sender.send(record);
      }
    }
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
    assertThat(latest().history()).extracting(record -> record.value().length).isEqualTo(sent);
  }

  @Test
  void aRowThatCannotBeSentAbortsAtTheCommitAndNotWhereItWasSent() {
    sender.open();
    sender.send(record("out", 1));
    latest().sendException = new TimeoutException("no brokers");
    sender.sendLast(record("changelog", 1));
    latest().sendException = null;
    sender.sendLast(record("changelog", 1));
    sender.send(record("out", 1));
    assertThat(latest().uncommittedRecords()).isEmpty();
    assertThat(sender.pendingBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Aborted.class);
    assertThat(latest().transactionAborted()).isTrue();
    sender.sendLast(record("changelog", 1));
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
    assertThat(latest().history()).extracting(ProducerRecord::topic).containsExactly("changelog");
  }

  @Test
  void aDeliveryThatFailedEndsTheSendingAndAbortsTheTransaction() {
    autoComplete = false;
    sender.open();
    sender.sendLast(record("changelog", 1));
    latest().errorNext(new TimeoutException("not delivered"));
    sender.sendLast(record("changelog", 1));
    assertThat(sender.pendingBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(sender.commit(OFFSETS, GROUP))
        .isInstanceOfSatisfying(
            CommitResult.Aborted.class,
            aborted ->
                assertThat(aborted.cause())
                    .isInstanceOf(UndeliveredException.class)
                    .hasMessageContaining("changelog"));
    assertThat(latest().transactionAborted()).isTrue();
  }

  /** The client knows of a failed delivery before it reports it, and refuses what comes then. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theCauseIsTheFailedDeliveryThoughAnotherRecordWasRefusedFirst(boolean reportedByTheAbort) {
    autoComplete = false;
    sender.open();
    sender.sendLast(record("letters", 1));
    RecordTooLargeException tooLarge = new RecordTooLargeException("too large");
    latest().sendException = new KafkaException("in an error state", tooLarge);
    sender.sendLast(record("changelog", 1));
    latest().sendException = null;
    if (reportedByTheAbort) {
      onAbort = () -> latest().errorNext(tooLarge);
    } else {
      latest().errorNext(tooLarge);
    }
    assertThat(sender.commit(OFFSETS, GROUP))
        .isInstanceOfSatisfying(
            CommitResult.Aborted.class,
            aborted ->
                assertThat(aborted.cause())
                    .isInstanceOf(UndeliveredException.class)
                    .hasMessageContaining("letters"));
    assertThat(latest().transactionAborted()).isTrue();
  }

  /** Brokers that end a transaction which takes too long fence its producer, as others would. */
  @Test
  void aTransactionThatOutlastsItsTimeoutIsNoSignOfAnotherProcess() {
    clock.perLookNanos = 0;
    sender.open();
    for (int i = 0; i < 20; i++) {
      sender.sendLast(record("changelog", 1));
      clock.sleepMs(10_000);
      latest().commitTransactionException = new ProducerFencedException("fenced");
      assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Unknown.class);
    }
  }

  @Test
  void anAbortAfterTheFirstRowEndsTheTransaction() {
    sender.open();
    sender.send(record("out", 1));
    sender.sendLast(record("changelog", 1));
    sender.abort();
    assertThat(latest().transactionAborted()).isTrue();
    assertThat(sender.pendingBytes()).isZero();
    assertThat(sender.commit(OFFSETS, GROUP)).isEqualTo(new CommitResult.Committed(Map.of()));
    assertThat(latest().history()).isEmpty();
  }

  @Test
  void aLostAnswerIsAskedForAgain() {
    sender.open();
    sender.send(record("out", 1));
    latest().commitTransactionException = new TimeoutException("no answer");
    clock.onNanos(2, () -> latest().commitTransactionException = null);
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
    assertThat(producers).hasSize(1);
  }

  @Test
  void anAnswerThatNeverComesLeavesTheOutcomeUnknown() {
    sender.open();
    sender.send(record("out", 1));
    latest().commitTransactionException = new TimeoutException("no answer");
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Unknown.class);
    assertThat(producers).hasSize(2);
    assertThat(producers.get(0).closed()).isTrue();
    assertThat(latest().transactionInitialized()).isTrue();
  }

  @Test
  void aFencedCommitIsUnknownTooNotAborted() {
    sender.open();
    sender.send(record("out", 1));
    latest().commitTransactionException = new ProducerFencedException("fenced");
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Unknown.class);
  }

  @Test
  void aGroupThatHasMovedOnMeansAborted() {
    sender.open();
    sender.send(record("out", 1));
    latest().sendOffsetsToTransactionException = new CommitFailedException("generation");
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Aborted.class);
    assertThat(latest().transactionAborted()).isTrue();
    assertThat(producers).hasSize(1);
  }

  @Test
  void metadataOfAWorkerOutsideItsGroupNeverReachesTheBroker() {
    sender.open();
    sender.send(record("out", 1));
    ConsumerGroupMetadata outside =
        new ConsumerGroupMetadata("group", -1, "", java.util.Optional.empty());
    assertThat(sender.commit(OFFSETS, outside)).isInstanceOf(CommitResult.Aborted.class);
    assertThat(latest().history()).isEmpty();
    assertThat(latest().consumerGroupOffsetsHistory()).isEmpty();
  }

  @Test
  void aCommitWithoutOffsetsIsRefused() {
    sender.open();
    assertThatThrownBy(() -> sender.commit(Map.of(), GROUP))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aProducerThatHasToBeReplacedAgainAndAgainStopsTheWorker() {
    sender.open();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 10; i++) {
                sender.send(record("out", 1));
                latest().commitTransactionException = new ProducerFencedException("fenced");
                sender.commit(OFFSETS, GROUP);
              }
            })
        .isInstanceOf(FencedException.class)
        .hasMessageContaining("another process uses the same identity");
  }

  /** Brokers that do not answer are no other process. */
  @Test
  void aProducerThatIsReplacedBecauseNobodyAnswersDoesNotStopTheWorker() {
    sender.open();
    for (int i = 0; i < 50; i++) {
      sender.send(record("out", 1));
      latest().commitTransactionException = new TimeoutException("no answer");
      assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Unknown.class);
    }
    sender.send(record("out", 1));
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
  }

  /**
   * A key store that is being replaced, or a want of file descriptors, looks like a wrong setting.
   */
  @Test
  void aProducerThatCannotBeMadeAtPresentIsMadeWithALaterCommit() {
    sender.open();
    sender.send(record("out", 1));
    latest().commitTransactionException = new TimeoutException("no answer");
    onCreation =
        () -> {
          throw new ConfigurationException("Cannot create a Kafka producer: no key store");
        };
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Unknown.class);
    sender.send(record("out", 1));
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Aborted.class);
    onCreation = () -> {};
    sender.send(record("out", 1));
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
  }

  /** The next transaction in the same partition would commit the aborted records with its own. */
  @Test
  void nothingFollowsAnAbortThatMayBeIncomplete() {
    sender.open();
    sender.sendLast(record("changelog", 1));
    isSettled = false;
    sender.abort();
    sender.sendLast(record("changelog", 1));
    assertThat(sender.commit(OFFSETS, GROUP))
        .isInstanceOfSatisfying(
            CommitResult.Aborted.class,
            aborted -> assertThat(aborted.cause()).isInstanceOf(TimeoutException.class));
    assertThat(latest().history()).isEmpty();
    isSettled = true;
    sender.sendLast(record("changelog", 1));
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
    assertThat(producers).hasSize(1);
  }

  @Test
  void anAbortForgetsWhatWasKept() {
    sender.open();
    sender.send(record("out", 1));
    sender.abort();
    assertThat(sender.pendingBytes()).isZero();
    sender.commit(OFFSETS, GROUP);
    assertThat(latest().history()).isEmpty();
  }

  /** A metrics reporter or an interceptor of the user's may fail when its producer is closed. */
  @Test
  void aProducerThatDoesNotCloseInGoodOrderIsReplacedAllTheSame() {
    onClose =
        () -> {
          throw new KafkaException("Failed to close kafka producer");
        };
    sender.open();
    sender.send(record("out", 1));
    latest().commitTransactionException = new KafkaException("unknown");
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Unknown.class);
    assertThat(producers).hasSize(2);
    sender.send(record("out", 1));
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
    sender.close();
    assertThat(latest().closed()).isTrue();
  }

  private Producer<byte[], byte[]> producer() {
    onCreation.run();
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(
            autoComplete, null, new ByteArraySerializer(), new ByteArraySerializer()) {
          @Override
          public void abortTransaction() {
            onAbort.run();
            super.abortTransaction();
          }

          @Override
          public void close(Duration timeout) {
            super.close(timeout);
            onClose.run();
          }
        };
    producers.add(producer);
    return producer;
  }

  private MockProducer<byte[], byte[]> latest() {
    return producers.get(producers.size() - 1);
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, int partition) {
    return new ProducerRecord<>(topic, partition, new byte[] {1}, new byte[] {2});
  }

  /** Goes on at each look, by a second if nobody says otherwise. */
  private static final class TickingClock implements Clock {
    private long perLookNanos = 1_000_000_000L;
    private long nanos;
    private int looks;
    private int actAt = -1;
    private Runnable action = () -> {};

    void onNanos(int looksFromNow, Runnable newAction) {
      actAt = looks + looksFromNow;
      action = newAction;
    }

    @Override
    public long wallMs() {
      return nanos / 1_000_000;
    }

    @Override
    public long nanos() {
      if (++looks == actAt) {
        action.run();
      }
      nanos += perLookNanos;
      return nanos;
    }

    @Override
    public void sleepMs(long millis) {
      nanos += millis * 1_000_000;
    }
  }
}
