package dev.millrace.internal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CredentialsRefusedException;
import dev.millrace.error.MissingRightException;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

/** Whatever right an admin call lacks is named, although brokers do not name it. */
final class AdminCallsTest {

  private static final Right[] NEEDED = {
    Right.onTopics(AclOperation.READ, List.of("b", "a")),
    Right.onGroup(AclOperation.DESCRIBE, "job.in"),
    Right.onTransactionalId(AclOperation.WRITE, "job-1")
  };

  private static void assertMissing(
      ApiException answer, String operation, String resource, String options) {
    assertThatThrownBy(() -> ask(answer))
        .isInstanceOfSatisfying(
            MissingRightException.class,
            missing -> {
              assertThat(missing.operation()).isEqualTo(operation);
              assertThat(missing.resource()).isEqualTo(resource);
              assertThat(missing)
                  .hasMessageStartingWith("Cannot ask: the principal of the job has no right to ")
                  .hasMessageContaining("--operation " + operation + " " + options + ")")
                  .hasCause(answer);
              assertThat(KafkaErrors.mayPass(missing)).isFalse();
            });
  }

  private static void ask(ApiException answer) {
    KafkaFutureImpl<String> failed = new KafkaFutureImpl<>();
    failed.completeExceptionally(answer);
    String ignored = new AdminCalls("localhost:9092").result("ask", failed, NEEDED);
  }

  @Test
  void aMissingRightIsNamedAfterTheCall() {
    assertMissing(
        new TopicAuthorizationException("no"), "READ", "topic a,b", "--topic a --topic b");
    assertMissing(new TopicAuthorizationException(Set.of("c")), "READ", "topic c", "--topic c");
    assertMissing(
        new GroupAuthorizationException("no"), "DESCRIBE", "group job.in", "--group job.in");
    assertMissing(
        new TransactionalIdAuthorizationException("no"),
        "WRITE",
        "transactional-id job-1",
        "--transactional-id job-1");
    assertMissing(new ClusterAuthorizationException("no"), "DESCRIBE", "cluster", "--cluster");
  }

  @Test
  void refusedCredentialsNameTheSettings() {
    assertThatThrownBy(() -> ask(new SaslAuthenticationException("wrong password")))
        .isInstanceOf(CredentialsRefusedException.class)
        .hasMessageContaining("kafka.sasl");
  }
}
