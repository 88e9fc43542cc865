package dev.millrace.internal.launch;

import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownServerException;

/** What a broker that vanishes half-way makes of a call. */
enum Failure {
  NO_ANSWER(() -> new TimeoutException("No answer in time")),
  MOVED(() -> new CoordinatorNotAvailableException("It is moving")),
  BROKEN(() -> new UnknownServerException("Internal error")),
  GENERAL(() -> new KafkaException("Unexpected error in a response")),
  HALF_WAY(() -> new IllegalArgumentException("Unexpected key set")),
  NO_RIGHT(() -> new ClusterAuthorizationException("Not allowed"));

  private final Supplier<RuntimeException> exception;

  Failure(Supplier<RuntimeException> exception) {
    this.exception = exception;
  }

  /** {@return the exception of a call that fails so} */
  RuntimeException exception() {
    return exception.get();
  }
}
