package dev.millrace.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Job;
import dev.millrace.admin.DeletionPlan;
import dev.millrace.admin.JobSummary;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.MissingRightException;
import dev.millrace.internal.launch.FaultyClients;
import dev.millrace.internal.launch.FaultyClients.Faults;
import dev.millrace.internal.launch.SteppedInstance;
import dev.millrace.internal.sim.WithoutLeader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What consumers and producers fail with is no answer for people, and of no kind that exit codes
 * and HTTP know.
 */
final class ClientErrorsTest {

  private static final ResetRequest TO_EARLIEST = ResetRequest.to(new ResetTarget.Earliest());

  private final SteppedCluster on = new SteppedCluster(JobConfig.defaults());

  @BeforeEach
  void runForAMoment() {
    on.kafka.createTopic("words", 1);
    on.kafka.createTopic("copies", 1);
    try (Producer<byte[], byte[]> producer = on.clients.plainProducer("test")) {
      producer.send(new ProducerRecord<>("words", "a".getBytes(StandardCharsets.UTF_8)));
    }
    run("job");
    run("other");
  }

  private void run(String name) {
    Job job = Job.named(name);
    job.source(KafkaSource.strings("words")).to(KafkaSink.strings("copies"));
    SteppedInstance instance = on.start(job);
    on.work(instance);
    instance.stop();
  }

  /** {@return the administration, of which all calls of a method of clients fail} */
  private Administration failing(String method, RuntimeException failure) {
    return failing(Faults.throwing(method, () -> failure));
  }

  /** {@return the administration, of which nothing is sent} */
  private Administration failingToSend(RuntimeException failure) {
    return failing(
        call -> call.method().equals("send") ? CompletableFuture.failedFuture(failure) : null);
  }

  private Administration failing(Faults faults) {
    FaultyClients clients = new FaultyClients(on.kafka.connect(on.config));
    clients.inject(faults);
    return Administration.through(clients, on.config, on.clock);
  }

  /** Who may write to a topic of dead letters may describe it, and not always read it. */
  @Test
  void aRightThatAReaderLacksIsNamed() {
    Administration admin = failing("poll", new TopicAuthorizationException(Set.of("words")));
    assertThatThrownBy(() -> admin.peek("words", PeekRequest.all(), seen -> true))
        .isInstanceOf(MissingRightException.class)
        .hasMessageStartingWith("Cannot peek into topic words: ")
        .hasMessageContaining("has no right to READ on topic words");
  }

  @Test
  void brokersThatDoNotAnswerAReaderAreUnreachable() {
    Administration admin = failing("endOffsets", new TimeoutException("Too late"));
    assertThatThrownBy(() -> admin.status("job"))
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageStartingWith("Cannot find out how job 'job' is doing: no answer from Kafka at")
        .hasMessageContaining("(Too late)");
    assertThatThrownBy(() -> admin.pause("job", Optional.empty()))
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageStartingWith("Cannot pause job 'job': no answer from Kafka at");
  }

  @Test
  void whyAnOrderIsNotTakenIsKnown() {
    Administration unpermitted = failingToSend(new TopicAuthorizationException(Set.of("job.meta")));
    assertThatThrownBy(() -> unpermitted.stop("job"))
        .isInstanceOf(MissingRightException.class)
        .hasMessageStartingWith("Cannot stop job 'job': ")
        .hasMessageContaining("has no right to WRITE on topic job.meta");
    Administration away = failingToSend(new TimeoutException("Too late"));
    assertThatThrownBy(() -> away.resume("job", Optional.empty()))
        .isInstanceOf(KafkaUnreachableException.class)
        .hasMessageStartingWith(
            "Cannot resume job 'job': its topic job.meta did not take the order");
  }

  @Test
  void credentialsThatAreRefusedOfAReaderNameTheSettings() {
    Administration admin = failing("poll", new SaslAuthenticationException("wrong password"));
    assertThatThrownBy(() -> admin.status("job"))
        .isInstanceOf(CredentialsRefusedException.class)
        .hasMessageContaining("kafka.sasl");
  }

  @Test
  void anyOtherErrorIsASentence() {
    Administration admin = failing("poll", new KafkaException("The moon is full."));
    assertThatThrownBy(() -> admin.peek("words", PeekRequest.all(), seen -> true))
        .isInstanceOf(MillraceException.class)
        .hasMessageStartingWith("Cannot peek into topic words: The moon is full (KafkaException");
  }

  @Test
  void aRightThatAResetOrDeletionLacksIsNamed() {
    Administration admin =
        failing("initTransactions", new TransactionalIdAuthorizationException("no"));
    ResetPlan reset = admin.planReset("job", TO_EARLIEST);
    assertThatThrownBy(() -> admin.reset(reset))
        .isInstanceOf(MissingRightException.class)
        .hasMessageStartingWith("Cannot reset job 'job': ")
        .hasMessageContaining("no right to WRITE on transactional-id job-bootstrap");
    DeletionPlan deletion = admin.planDeletion("job");
    assertThatThrownBy(() -> admin.delete(deletion))
        .isInstanceOf(MissingRightException.class)
        .hasMessageStartingWith("Cannot delete job 'job': ")
        .hasMessageContaining("no right to WRITE on transactional-id job-bootstrap");
  }

  /** The brokers of one of them may be away, while those of all others answer. */
  @Test
  void aJobWhoseTopicHasNoLeaderHidesNoOther() {
    TopicPartition lost = new TopicPartition("job.meta", 0);
    on.kafka.injectFaults(new WithoutLeader(lost::equals));
    Administration admin =
        failing(
            Faults.byArguments(
                (call, arguments) -> {
                  if (call.method().equals("endOffsets")
                      && ((Collection<?>) arguments[0]).contains(lost)) {
                    throw new TimeoutException("Too late");
                  }
                  return null;
                }));
    List<JobSummary> jobs = admin.jobs();
    assertThat(jobs).extracting(JobSummary::job).containsExactly("other");
  }
}
