package dev.millrace.internal.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

@SuppressWarnings("removal") // there is no other way to make group metadata without a group
final class AtLeastOnceSenderTest {

  private static final Map<TopicPartition, OffsetAndMetadata> OFFSETS =
      Map.of(new TopicPartition("in", 0), new OffsetAndMetadata(5));
  private static final ConsumerGroupMetadata GROUP =
      new ConsumerGroupMetadata("group", 3, "member", Optional.empty());

  private boolean isRebalancing;
  private int flushes;
  private final AtLeastOnceSender sender =
      new AtLeastOnceSender(
          () ->
              new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
                @Override
                public synchronized void flush() {
                  flushes++;
                  super.flush();
                }
              },
          offsets -> {
            if (isRebalancing) {
              throw new RebalanceInProgressException();
            }
          });

  private static ProducerRecord<byte[], byte[]> tombstone() {
    return new ProducerRecord<>("out", 0, new byte[] {1}, null);
  }

  private void commit() {
    assertThat(sender.commit(OFFSETS, GROUP)).isInstanceOf(CommitResult.Committed.class);
  }

  @Test
  void aTombstoneIsOutput() {
    sender.open();
    assertThat(sender.hasOutput()).isFalse();
    sender.send(tombstone());
    assertThat(sender.hasOutput()).isTrue();
    commit();
    sender.acknowledge(OFFSETS);
    assertThat(sender.hasOutput()).isFalse();
    sender.send(tombstone());
    sender.abort();
    assertThat(sender.hasOutput()).isFalse();
  }

  /** Each is a wait for brokers. */
  @Test
  void aCommitFlushesResultsBeforeRowsAndNothingWithoutReason() {
    sender.open();
    commit();
    assertThat(flushes).as("of offsets alone").isZero();
    sender.send(tombstone());
    commit();
    assertThat(flushes).as("of results").isEqualTo(1);
    sender.sendLast(tombstone());
    commit();
    assertThat(flushes).as("of rows").isEqualTo(2);
    sender.send(tombstone());
    sender.sendLast(tombstone());
    commit();
    assertThat(flushes).as("of both").isEqualTo(4);
  }

  @Test
  void offsetsThatCouldNotBeCommittedAreAReasonForTheNextCommit() {
    sender.open();
    sender.send(tombstone());
    commit();
    isRebalancing = true;
    assertThatThrownBy(() -> sender.acknowledge(OFFSETS))
        .isInstanceOf(RebalanceInProgressException.class);
    assertThat(sender.hasOutput()).isTrue();
    isRebalancing = false;
    commit();
    sender.acknowledge(OFFSETS);
    assertThat(sender.hasOutput()).isFalse();
  }

  @Test
  void anAbortForgetsThemSinceTasksStartAfresh() {
    sender.open();
    commit();
    assertThat(sender.hasOutput()).isTrue();
    sender.abort();
    assertThat(sender.hasOutput()).isFalse();
  }
}
