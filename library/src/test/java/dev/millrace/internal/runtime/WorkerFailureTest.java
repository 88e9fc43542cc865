package dev.millrace.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.FencedException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.MissingRightException;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.error.SinkUnavailableException;
import dev.millrace.error.StateStoreException;
import dev.millrace.internal.commit.UndeliveredException;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.api.Test;

/** What people read when a worker stops. */
final class WorkerFailureTest {

  private final WorkerFailure failures = new WorkerFailure("counts", "words", "counts-words-0");

  @Test
  void aFailureWithAMessageOfOursStaysWhatItIs() {
    RecordException failure = new RecordException("Cannot process the record", null);
    assertThat(failures.explained(failure, List.of())).isSameAs(failure);
  }

  @Test
  void anyOtherNamesJobStageTasksCauseAndRemedy() {
    Throwable kafka = new UnsupportedVersionException("The broker does not support it.");
    assertThat(failures.explained(kafka, List.of(0, 3)))
        .isInstanceOf(MillraceException.class)
        .hasCause(kafka)
        .hasMessageStartingWith("Cannot go on with stage 'words' of job 'counts': ")
        .hasMessageContainingAll(
            "UnsupportedVersionException, The broker does not support it (tasks [0, 3])",
            "a start continues",
            "mend what it names");
    assertThat(failures.explained(new OutOfMemoryError("heap"), List.of()))
        .hasMessageContainingAll("no task was open", "heap.memory");
    assertThat(failures.explained(new NullPointerException(), List.of()))
        .hasMessageContainingAll("NullPointerException", "stack trace");
  }

  @Test
  void aMissingRightIsNamedWithTheCommandThatGrantsIt() {
    RuntimeException refused = new TopicAuthorizationException(Set.of("out"));
    assertThat(failures.explained(new UndeliveredException("out", refused), List.of(0)))
        .isInstanceOf(MissingRightException.class)
        .hasMessageStartingWith("Cannot go on with stage 'words' of job 'counts': ")
        .hasMessageContaining("--operation WRITE --topic out");
    assertThat(failures.explained(refused, List.of(0)))
        .hasMessageContaining("--operation READ --topic out");
    assertThat(failures.explained(new TransactionalIdAuthorizationException(""), List.of(0)))
        .hasMessageContaining("--transactional-id counts-words-0");
  }

  @Test
  void refusedCredentialsNameTheSettings() {
    RuntimeException refused = new SaslAuthenticationException("Authentication failed.");
    for (RuntimeException failure : List.of(refused, new KafkaException("state", refused))) {
      assertThat(failures.explained(failure, List.of(0)))
          .isInstanceOf(CredentialsRefusedException.class)
          .hasCause(failure)
          .hasMessageStartingWith(
              "Cannot go on with stage 'words' of job 'counts': SaslAuthenticationException,"
                  + " Authentication failed. Check the settings")
          .hasMessageContaining("kafka.sasl");
    }
  }

  /** Whichever call finds out, and a client wraps what its callbacks throw. */
  @Test
  void aPlaceInTheGroupThatAnotherHasTakenIsASharedIdentity() {
    RuntimeException fenced = new FencedInstanceIdException("It is another's");
    for (RuntimeException failure : List.of(fenced, new KafkaException("callback", fenced))) {
      assertThat(failures.explained(failure, List.of(0)))
          .isInstanceOf(FencedException.class)
          .hasCause(failure)
          .hasMessageStartingWith("Cannot go on as counts-words-0: ")
          .hasMessageContainingAll("stage 'words'", "same identity", "state.dir", "instance.id");
    }
  }

  @Test
  void whatUserCodeIsRefusedIsNoRightOfTheJobs() {
    RuntimeException refused = new TopicAuthorizationException(Set.of("theirs"));
    List.of(
            new RecordException("Cannot process the record", refused),
            new SinkUnavailableException("Cannot write", refused),
            new StateStoreException("Cannot publish", refused))
        .forEach(failure -> assertThat(failures.explained(failure, List.of(0))).isSameAs(failure));
  }

  @Test
  void everyFailureHasThePlaceThatTheMessageNames() {
    Place stage = Place.ofJob("counts").withStage("words");
    Throwable kafka = new UnsupportedVersionException("The broker does not support it.");
    assertThat(failures.explained(kafka, List.of(0, 3)).place()).isEqualTo(stage);
    assertThat(failures.explained(kafka, List.of(3)).place()).isEqualTo(stage.withTask(3));
    RuntimeException refused = new TopicAuthorizationException(Set.of("out"));
    assertThat(failures.explained(refused, List.of(0)).place()).isEqualTo(stage.withTopic("out"));
    RuntimeException ofBoth = new TopicAuthorizationException(Set.of("out", "other"));
    assertThat(failures.explained(ofBoth, List.of(0)).place()).isEqualTo(stage);
    FencedException fenced = new FencedException("Cannot commit");
    assertThat(failures.explained(fenced, List.of(0)).place()).isEqualTo(stage);
    SinkUnavailableException down = new SinkUnavailableException("Cannot write");
    assertThat(failures.explained(down, List.of(0)).place()).isEqualTo(stage);
  }

  @Test
  void whatKafkaWrapsKeepsItsPlace() {
    Place record = Place.ofPartition("in", 2).withOffset(7);
    Throwable wrapped =
        new KafkaException(
            "User rebalance callback throws an error",
            new RecordException("Cannot process a record", record, null));
    assertThat(failures.explained(wrapped, List.of()).place())
        .isEqualTo(record.withJob("counts").withStage("words"));
  }
}
