package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RestartPolicyTest {

  private long nowNanos;

  private RestartPolicy policy(int restarts, double random) {
    return new RestartPolicy(new RestartBudget(restarts, Duration.ofMinutes(10)), () -> random);
  }

  private Optional<Duration> dies(RestartPolicy policy, boolean steadily) {
    return policy.afterDeath(nowNanos, steadily);
  }

  private static List<Optional<Duration>> delays(int... seconds) {
    List<Optional<Duration>> delays = new ArrayList<>();
    for (int each : seconds) {
      delays.add(Optional.of(Duration.ofSeconds(each)));
    }
    return delays;
  }

  @Test
  void theFirstRestartIsAtOnceAndEachFurtherOneInARowWaitsTwiceAsLong() {
    RestartPolicy policy = policy(100, 0);
    List<Optional<Duration>> delays = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      delays.add(dies(policy, false));
    }
    assertThat(delays).isEqualTo(delays(0, 1, 2, 4, 8, 16, 30, 30, 30));
  }

  @Test
  void upToAHalfOfADelayIsTakenOffAtRandom() {
    RestartPolicy policy = policy(100, 1);
    assertThat(dies(policy, false)).contains(Duration.ZERO);
    assertThat(dies(policy, false)).contains(Duration.ofMillis(500));
    assertThat(dies(policy, false)).contains(Duration.ofSeconds(1));
  }

  @Test
  void whoHadWorkedSteadilyComesBackAtOnce() {
    RestartPolicy policy = policy(100, 0);
    dies(policy, false);
    dies(policy, false);
    assertThat(dies(policy, true)).contains(Duration.ZERO);
    assertThat(dies(policy, false)).contains(Duration.ofSeconds(1));
  }

  @Test
  void theBudgetIsThatOfAWindowOfTime() {
    RestartPolicy policy = policy(3, 0);
    for (int i = 0; i < 3; i++) {
      assertThat(dies(policy, true)).isPresent();
      nowNanos += Duration.ofMinutes(3).toNanos();
    }
    assertThat(policy.restartsLeft()).isZero();
    assertThat(dies(policy, true)).as("9 minutes after the first").isEmpty();
    nowNanos += Duration.ofMinutes(1).toNanos();
    assertThat(dies(policy, true)).as("the first is 10 minutes old").isPresent();
    assertThat(dies(policy, true)).isEmpty();
  }

  @Test
  void withoutABudgetNothingIsRestarted() {
    assertThat(dies(policy(0, 0), true)).isEmpty();
  }
}
