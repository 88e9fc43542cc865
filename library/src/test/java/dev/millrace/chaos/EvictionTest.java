package dev.millrace.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.JobAdmin;
import dev.millrace.admin.Eviction;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What an instance leaves behind that was killed is removed by whoever knows that it is dead: the
 * session, which is longer here than anything waits, is not waited for.
 */
@WithBroker
final class EvictionTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final TestBroker broker;

  EvictionTest(TestBroker broker) {
    this.broker = broker;
  }

  /** As long as brokers permit: under the consumer protocol they have a bound of a minute. */
  private Ledger started(MembershipProtocol membership, String test) {
    Ledger ledger = Ledger.start(broker, Seeds.next("EvictionTest." + test), 300);
    boolean classic = membership == MembershipProtocol.CLASSIC;
    return ledger
        .with("session.timeout", classic ? "5m" : "60s")
        .with("heartbeat.interval", "1s")
        .under(membership);
  }

  @ParameterizedTest
  @EnumSource(MembershipProtocol.class)
  void theOthersGetTheTasksOfAnEvictedInstance(MembershipProtocol membership) throws Exception {
    try (Ledger ledger = started(membership, "theOthersGetTheTasksOfAnEvictedInstance")) {
      try (ChildInstance other = ChildInstance.start(ledger.child(directory.resolve("other")));
          ChildInstance victim = ChildInstance.start(ledger.child(directory.resolve("victim")))) {
        Awaitility.await("both have tasks")
            .atMost(PATIENCE)
            .until(() -> ledger.tasks().values().stream().filter(s -> s.size() >= 4).count() == 2);
        ledger.awaitCaughtUp(PATIENCE);
        String dead = idOf(ledger, victim);
        victim.kill();

        Eviction eviction = evicted(ledger, dead);

        // So it was a member still, and is none now; what follows waits for no session.
        assertThat(eviction.members()).isNotEmpty().allMatch(member -> member.contains(dead));
        assertThat(eviction.rejoining().isEmpty())
            .isEqualTo(membership == MembershipProtocol.CLASSIC);
        assertThat(ledger.tasks()).doesNotContainKey(dead);
        ledger.awaitEnd(PATIENCE);
        assertThat(evicted(ledger, dead).isEmpty()).as("nothing is left to evict").isTrue();
        assertThat(other.stop()).as(other.failure()).isZero();
      }
      ledger.checkExactlyOnce();
    }
  }

  @ParameterizedTest
  @ArgumentsSource(Memberships.class)
  void anInstanceThatHasLostItsDiskReplacesAnEvictedOne(MembershipProtocol membership)
      throws Exception {
    try (Ledger ledger = started(membership, "anInstanceThatHasLostItsDisk")) {
      String dead;
      try (ChildInstance victim = ChildInstance.start(ledger.child(directory.resolve("victim")))) {
        victim.awaitReady();
        ledger.awaitCaughtUp(PATIENCE);
        dead = idOf(ledger, victim);
        victim.kill();
      }
      Eviction eviction = evicted(ledger, dead);
      assertThat(eviction.members()).isNotEmpty();
      assertThat(eviction.rejoining()).as("nobody else was there").isEmpty();
      try (ChildInstance next = ChildInstance.start(ledger.child(directory.resolve("next")))) {
        next.awaitReady();
        ledger.awaitEnd(PATIENCE);
        assertThat(ledger.tasks().keySet()).containsExactly(idOf(ledger, next));
        assertThat(next.stop()).as(next.failure()).isZero();
      }
      ledger.checkExactlyOnce();
    }
  }

  @Test
  void anInstanceThatLivesComesBackAndNothingIsLost() throws Exception {
    try (Ledger ledger = started(MembershipProtocol.CLASSIC, "anInstanceThatLives")) {
      try (ChildInstance only = ChildInstance.start(ledger.child(directory.resolve("only")))) {
        only.awaitReady();
        ledger.awaitCaughtUp(PATIENCE);
        String id = idOf(ledger, only);
        assertThat(evicted(ledger, id).members()).isNotEmpty();
        ledger.awaitEnd(PATIENCE);
        assertThat(ledger.tasks().keySet()).containsExactly(id);
        assertThat(only.stop()).as(only.failure()).isZero();
      }
      ledger.checkExactlyOnce();
    }
  }

  private JobAdmin admin() {
    return JobAdmin.connect(
        JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers()));
  }

  private Eviction evicted(Ledger ledger, String instance) {
    try (JobAdmin admin = admin()) {
      return admin.evict(ledger.job(), instance);
    }
  }

  /** {@return the name of an instance, found as its parent would: by its process} */
  private String idOf(Ledger ledger, ChildInstance child) {
    try (JobAdmin admin = admin()) {
      return Awaitility.await("the child reports")
          .atMost(PATIENCE)
          .until(
              () ->
                  admin.status(ledger.job()).instances().stream()
                      .filter(instance -> instance.pid() == child.pid())
                      .map(JobStatus.Instance::id)
                      .findFirst(),
              Optional::isPresent)
          .orElseThrow();
    }
  }
}
