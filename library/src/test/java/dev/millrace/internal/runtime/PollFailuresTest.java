package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.FencedException;
import dev.millrace.internal.kafka.AfterRefusal;
import dev.millrace.internal.runtime.PollFailures.Kind;
import dev.millrace.internal.sim.SimClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupMaxSizeReachedException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.errors.UnsupportedAssignorException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class PollFailuresTest {

  private static final TopicPartition PARTITION = new TopicPartition("in", 0);
  private static final KafkaException IN_DOUBT = new KafkaException("Unexpected error");
  private static final KafkaException REFUSED = new SaslAuthenticationException("who is that");
  private static final KafkaException OUTAGE = new TimeoutException("late");

  private final SimClock clock = new SimClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final PollFailures failures = of(AfterRefusal.TRIES_AGAIN);

  private PollFailures of(AfterRefusal afterRefusal) {
    return new PollFailures("job-in-0", afterRefusal, clock);
  }

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(new TimeoutException("late"), Kind.OUTAGE),
        Arguments.of(new DisconnectException(), Kind.OUTAGE),
        Arguments.of(new CoordinatorLoadInProgressException("loading"), Kind.OUTAGE),
        Arguments.of(new KafkaException("no answer", new TimeoutException()), Kind.OUTAGE),
        Arguments.of(new KafkaException("Unexpected error from SyncGroup"), Kind.IN_DOUBT),
        Arguments.of(new StaleMemberEpochException("old"), Kind.IN_DOUBT),
        Arguments.of(new KafkaException(new RebalanceInProgressException()), Kind.IN_DOUBT),
        Arguments.of(new OffsetOutOfRangeException(Map.of(PARTITION, 3L)), Kind.LASTING),
        Arguments.of(new NoOffsetForPartitionException(PARTITION), Kind.LASTING),
        Arguments.of(GroupAuthorizationException.forGroupId("job"), Kind.LASTING),
        Arguments.of(new SaslAuthenticationException("who is that"), Kind.REFUSED),
        Arguments.of(new KafkaException(new SslAuthenticationException("expired")), Kind.REFUSED),
        Arguments.of(new UnsupportedVersionException("too old"), Kind.LASTING),
        Arguments.of(new FencedInstanceIdException("another's"), Kind.LASTING),
        Arguments.of(new InvalidTopicException(Set.of("in*")), Kind.LASTING),
        Arguments.of(new InterruptException("stop"), Kind.LASTING),
        // After these a member of the consumer protocol stays out of its group, and says nothing.
        Arguments.of(new GroupMaxSizeReachedException("full"), Kind.LASTING),
        Arguments.of(new UnsupportedAssignorException("which?"), Kind.LASTING),
        Arguments.of(new UnknownServerException("internal"), Kind.LASTING),
        Arguments.of(
            new KafkaException("please seek past it", new CorruptRecordException("damaged")),
            Kind.LASTING),
        Arguments.of(new KafkaException(new IllegalStateException("a fault")), Kind.LASTING),
        Arguments.of(new KafkaException(new FencedException("another")), Kind.LASTING));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theWholeChainOfCausesTellsWhatBecomesOfAnError(KafkaException error, Kind kind) {
    assertThat(Kind.of(error)).isEqualTo(kind);
  }

  @Test
  void anOutageIsWaitedOutHoweverLongItTakes() {
    long begun = clock.nanos();
    for (int i = 0; i < 1_000; i++) {
      failures.waitOut(OUTAGE);
    }
    assertThat(clock.nanos() - begun).as("pauses grow to this").isGreaterThan(990 * 250_000_000L);
    failures.passed();
    long again = clock.nanos();
    failures.waitOut(OUTAGE);
    assertThat(clock.nanos() - again).as("the first is short").isEqualTo(10_000_000);
  }

  @Test
  void whatIsInDoubtIsWaitedOutTwentyTimesAMinute() {
    for (int minute = 0; minute < 3; minute++) {
      for (int i = 0; i < 20; i++) {
        failures.waitOut(IN_DOUBT);
        failures.passed();
      }
      assertThatCode(() -> failures.waitOut(OUTAGE)).doesNotThrowAnyException();
      clock.sleepMs(60_000);
    }
    for (int i = 0; i < 20; i++) {
      failures.waitOut(IN_DOUBT);
    }
    assertThatThrownBy(() -> failures.waitOut(IN_DOUBT)).isSameAs(IN_DOUBT);
  }

  @Test
  void refusedCredentialsAreWaitedOutForAMinuteWhateverPollsGoThroughMeanwhile() {
    long begun = clock.nanos();
    assertThatThrownBy(
            () -> {
              while (true) {
                failures.waitOut(REFUSED);
                failures.passed();
                clock.sleepMs(1_000);
              }
            })
        .isSameAs(REFUSED);
    assertThat(Duration.ofNanos(clock.nanos() - begun))
        .isBetween(Duration.ofSeconds(60), Duration.ofSeconds(62));
  }

  @Test
  void refusalsThatAreFarApartAreNotOfOneTime() {
    for (int i = 0; i < 100; i++) {
      failures.waitOut(REFUSED);
      clock.sleepMs(30_000);
    }
    assertThatCode(() -> failures.waitOut(REFUSED)).doesNotThrowAnyException();
  }

  /** The consumer has left its group for good by then. */
  @Test
  void refusedCredentialsEndAMemberOfTheConsumerProtocolAtOnce() {
    assertThatThrownBy(() -> of(AfterRefusal.IS_GONE).waitOut(REFUSED)).isSameAs(REFUSED);
  }

  @Test
  void whatLastsIsThrownAtOnce() {
    KafkaException refused = GroupAuthorizationException.forGroupId("job");
    assertThatThrownBy(() -> failures.waitOut(refused)).isSameAs(refused);
  }
}
