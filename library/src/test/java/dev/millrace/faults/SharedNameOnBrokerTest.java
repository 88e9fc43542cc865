package dev.millrace.faults;

import static dev.millrace.faults.Fixture.PATIENCE;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.error.FencedException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two instances that run under one {@code instance.id}, with what brokers make of it. */
@WithBroker
final class SharedNameOnBrokerTest {

  @TempDir Path stateDir;
  @TempDir Path otherStateDir;

  /** Its members are static, so that the second has the places of the first. */
  @Test
  void theSecondTakesOverAndTheFirstStops(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    JobConfig named = fixture.config().with("instance.id", "blue");
    try (RunningJob first = Millrace.start(fixture.job(), named)) {
      fixture.produce(300, 1);
      fixture.awaitExact(first);
      fixture.produce(300, 2);
      try (RunningJob second = startOther(fixture, named)) {
        fixture.produce(300, 3);
        assertNamesTheReason(awaitFailure(first));
        fixture.produce(300, 4);
        fixture.awaitExact(second);
      }
    }
  }

  /** Both are members, and fence each other's producers until one has had enough. */
  @Test
  void underTheConsumerProtocolOneOfThemStops(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    JobConfig named = fixture.config().with("instance.id", "blue").with("membership", "consumer");
    try (RunningJob first = Millrace.start(fixture.job(), named)) {
      fixture.produce(300, 1);
      fixture.awaitExact(first);
      try (RunningJob second = startOther(fixture, named)) {
        await(
            "one of them to stop within " + PATIENCE,
            () -> {
              fixture.produce(20, fixture.produced());
              return first.failure().isPresent() || second.failure().isPresent();
            });
        boolean isFirst = first.failure().isPresent();
        assertNamesTheReason(awaitFailure(isFirst ? first : second));
        fixture.produce(300, 4);
        fixture.awaitExact(isFirst ? second : first);
      }
    }
  }

  private RunningJob startOther(Fixture fixture, JobConfig named) {
    return Millrace.start(fixture.job(), named.with("state.dir", otherStateDir.toString()));
  }

  private static void assertNamesTheReason(Throwable failure) {
    assertThat(failure)
        .isInstanceOf(FencedException.class)
        .hasMessageContaining("another process uses the same identity")
        .hasMessageContaining("instance.id");
  }
}
