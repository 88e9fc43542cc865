package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.commit.UndeliveredException;
import dev.millrace.internal.runtime.AbortLog.Reason;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The kinds of reasons that transactions are aborted for. */
final class AbortLogTest {

  static Stream<Arguments> causes() {
    return Stream.of(
        Arguments.of(new CommitFailedException(), Reason.REBALANCE),
        Arguments.of(new RebalanceInProgressException(), Reason.REBALANCE),
        Arguments.of(
            new UndeliveredException(
                "job.stage.changelog",
                new KafkaException("aborted", new IllegalGenerationException("not valid"))),
            Reason.REBALANCE),
        Arguments.of(
            new KafkaException("in the midst of a commit", new UnknownMemberIdException()),
            Reason.REBALANCE),
        Arguments.of(new TimeoutException(), Reason.CLUSTER),
        Arguments.of(
            new UndeliveredException("out", new NotLeaderOrFollowerException()), Reason.CLUSTER),
        Arguments.of(new MillraceException("Cannot write the local state"), Reason.OTHER),
        Arguments.of(new IllegalStateException("no transaction"), Reason.OTHER));
  }

  @ParameterizedTest
  @MethodSource("causes")
  void theWholeChainOfCausesTellsTheReason(RuntimeException cause, Reason reason) {
    assertThat(Reason.of(cause)).isEqualTo(reason);
  }
}
