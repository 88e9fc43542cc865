package dev.millrace.faults;

import static dev.millrace.faults.Fixture.assertHealthy;
import static dev.millrace.faults.Fixture.await;
import static dev.millrace.faults.Fixture.awaitFailure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.faults.Fixture.Word;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At-least-once, from end to end. */
@WithBroker
final class WeakGuaranteeTest {

  @TempDir Path stateDir;

  @Test
  void withoutFaultsAtLeastOnceIsExact(TestBroker broker) {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    fixture.produce(1_000, 1);
    for (int round = 0; round < 2; round++) {
      try (RunningJob running = Millrace.start(fixture.job(), weak(fixture))) {
        fixture.awaitExact(running);
        fixture.produce(1_000, 2 + round);
        fixture.awaitExact(running);
      }
    }
  }

  @Test
  void aRestartInTheMiddleRepeatsButLosesNothing(TestBroker broker) throws Exception {
    Fixture fixture = new Fixture(broker, stateDir, 2);
    AtomicBoolean fails = new AtomicBoolean(true);
    Job job = Job.named(fixture.name);
    var words =
        job.source(KafkaSource.json(fixture.in, Word.class))
            .peek(
                w -> {
                  if (w.id() == 1_500 && fails.get()) {
                    throw new IllegalStateException("crash");
                  }
                });
    words.to(KafkaSink.<Word>json(fixture.copies).key(Word::word));
    words.keyBy(Word::word).sum(Word::count).name("sums").to(KafkaSink.upsert(fixture.sums));
    fixture.produce(2_000, 1);
    try (RunningJob running = Millrace.start(job, weak(fixture))) {
      assertThat(awaitFailure(running)).hasMessageContaining("crash");
    }
    fails.set(false);
    try (RunningJob running = Millrace.start(job, weak(fixture))) {
      await("all copies", () -> new HashSet<>(fixture.copiedIds()).size() == 2_000);
      await(
          "sums that miss nothing",
          () -> {
            assertHealthy(running);
            var sums = fixture.lastSums();
            return fixture.expectedSums().entrySet().stream()
                .allMatch(e -> sums.getOrDefault(e.getKey(), 0L) >= e.getValue());
          });
    }
    System.out.printf(
        "FAULTS at-least-once: %d records, %d copies%n", 2_000, fixture.copiedIds().size());
  }

  private static JobConfig weak(Fixture fixture) {
    return fixture.config().with("guarantee", "at-least-once");
  }
}
