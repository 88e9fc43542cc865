package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.FencedException;
import dev.millrace.error.KafkaUnreachableException;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class KafkaErrorsTest {

  static RuntimeException[] passing() {
    return new RuntimeException[] {
      new TimeoutException("no answer"),
      new NotLeaderOrFollowerException("moved"),
      new UnknownServerException("internal"),
      new KafkaException("Unexpected error in a response"),
      new KafkaException("error state", new TimeoutException("no answer")),
      new KafkaUnreachableException("no broker"),
      new AdminCallException("broken off", new IllegalArgumentException("Unexpected key set")),
      new KafkaException("callback", new KafkaUnreachableException("no broker"))
    };
  }

  @ParameterizedTest
  @MethodSource("passing")
  void whatMayPassIsTriedAgain(RuntimeException error) {
    assertThat(KafkaErrors.mayPass(error)).isTrue();
  }

  static RuntimeException[] lasting() {
    return new RuntimeException[] {
      new TopicAuthorizationException("no right"),
      new KafkaException("error state", new TopicAuthorizationException("no right")),
      new SaslAuthenticationException("who is that"),
      new UnsupportedVersionException("too old"),
      new FencedInstanceIdException("somebody else"),
      new OffsetOutOfRangeException(Map.of(new TopicPartition("in", 0), 3L)),
      new ConfigurationException("wrong"),
      new KafkaException("callback", new FencedException("somebody else")),
      new KafkaException(new NoClassDefFoundError("net/jpountz/lz4/LZ4Factory")),
      new IllegalStateException("a fault of our own"),
      new IllegalArgumentException("another one")
    };
  }

  @ParameterizedTest
  @MethodSource("lasting")
  void whatCallingAgainCannotMendIsNot(RuntimeException error) {
    assertThat(KafkaErrors.mayPass(error)).isFalse();
  }
}
