package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.junit.jupiter.api.Test;

final class KnownCommitsTest {

  private static TransactionDescription last(long producerId, int epoch) {
    return new TransactionDescription(
        0,
        TransactionState.COMPLETE_ABORT,
        producerId,
        epoch,
        10_000,
        OptionalLong.empty(),
        Set.of());
  }

  @Test
  void theyAreKnownByTheirEpochs() {
    KnownCommits known = new KnownCommits(7, 3, 0).another().another();
    assertThat(known.have(last(7, 6), 2)).as("before them").isFalse();
    assertThat(known.have(last(7, 6), 3)).isTrue();
    assertThat(known.have(last(7, 6), 4)).isTrue();
    assertThat(known.have(last(7, 6), 5)).as("the one that was aborted").isFalse();
    assertThat(known.have(last(8, 6), 3)).as("of another producer").isFalse();
  }

  @Test
  void withoutGrowingEpochsNothingIsKnown() {
    KnownCommits known = new KnownCommits(7, 3, 0).another();
    assertThat(known.have(last(7, 3), 3)).isFalse();
    assertThat(known.have(last(7, 4), 3)).isTrue();
  }

  @Test
  void whoDoesNotKnowWhereTheyBeganKnowsNone() {
    KnownCommits known = KnownCommits.NONE.another();
    assertThat(known.isEmpty()).isTrue();
    assertThat(known.have(last(-1, 5), 0)).isFalse();
  }

  @Test
  void aProducerHasItsLastTransactionBeforeItsEpochsOverflow() {
    KnownCommits known = new KnownCommits(7, Short.MAX_VALUE - 2, 0);
    assertThat(known.areLastOfProducer()).isFalse();
    assertThat(known.another().areLastOfProducer()).as("one more is to come").isFalse();
    assertThat(known.another().another().areLastOfProducer()).isTrue();
    assertThat(new KnownCommits(7, Short.MAX_VALUE, 0).areLastOfProducer())
        .as("asked while the last one was just being completed")
        .isTrue();
    assertThat(KnownCommits.NONE.another().areLastOfProducer()).isFalse();
  }
}
