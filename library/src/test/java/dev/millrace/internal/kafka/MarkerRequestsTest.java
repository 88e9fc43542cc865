package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.MissingRightException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What callers are told of markers that cannot be written; {@link LostMarkersTest} writes some. */
final class MarkerRequestsTest {

  private static final List<CommitMarker> MARKERS =
      List.of(new CommitMarker(new TopicPartition("out", 3), 17, 4, 0));

  /** A worker waits for what may pass, so that it would wait for a right for ever. */
  @Test
  void aMissingRightIsNamed() {
    MillraceException told =
        MarkerRequests.translated(MARKERS, new ClusterAuthorizationException("Not authorized."));
    assertThat(told)
        .isInstanceOfSatisfying(
            MissingRightException.class,
            missing -> assertThat(missing.operation()).isEqualTo("ALTER"))
        .hasMessageContaining("--operation ALTER --cluster");
    assertThat(KafkaErrors.mayPass(told)).isFalse();
  }

  static Stream<Throwable> unanswered() {
    return Stream.of(
        new IOException("Connection to 1 was disconnected before the response was read"),
        new TimeoutException("no connection"),
        new DisconnectException());
  }

  @ParameterizedTest
  @MethodSource("unanswered")
  void brokersThatDoNotAnswerMayDoSoLater(Throwable error) {
    MillraceException told = MarkerRequests.translated(MARKERS, error);
    assertThat(told).isInstanceOf(KafkaUnreachableException.class).hasCause(error);
    assertThat(KafkaErrors.mayPass(told)).isTrue();
  }

  static Stream<Throwable> passing() {
    return Stream.of(
        new NotLeaderOrFollowerException("It moved."),
        new InvalidProducerEpochException("The producer has gone on."));
  }

  @ParameterizedTest
  @MethodSource("passing")
  void anAnswerThatNamesAPassingStateMayBeAnotherLater(Throwable error) {
    MillraceException told = MarkerRequests.translated(MARKERS, error);
    assertThat(told).hasCause(error).hasMessageContaining("out-3");
    assertThat(KafkaErrors.mayPass(told)).isTrue();
  }

  static Stream<Throwable> lasting() {
    return Stream.of(
        new NoSuchMethodError("createNetworkClient"),
        new UnsupportedVersionException("The broker does not support WRITE_TXN_MARKERS"));
  }

  @ParameterizedTest
  @MethodSource("lasting")
  void anotherVersionOfTheClientIsNotWaitedFor(Throwable error) {
    MillraceException told = MarkerRequests.translated(MARKERS, error);
    assertThat(told).isInstanceOf(ConfigurationException.class).hasCause(error);
    assertThat(KafkaErrors.mayPass(told)).isFalse();
  }

  @Test
  void refusedCredentialsAreSaidToBeSo() {
    MillraceException told =
        MarkerRequests.translated(MARKERS, new SaslAuthenticationException("Who is that?"));
    assertThat(told).isInstanceOf(CredentialsRefusedException.class);
    assertThat(KafkaErrors.mayPass(told)).isFalse();
  }
}
