package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.runtime.Hold;
import dev.millrace.internal.runtime.Worker;
import dev.millrace.process.KeyedProcessFunction;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How long a worker waits for records that has nothing else to do. */
final class IdleWaitsTest {

  private static final Duration CALM = Duration.ofMillis(250);
  private static final Duration USUAL = Duration.ofMillis(100);

  private final FaultyInstance rig = new FaultyInstance();

  @Test
  void whatEndsWithARecordMayTakeLong() {
    assertThat(waits(FaultyInstance.job())).containsExactly(CALM);
  }

  @Test
  void whatMayBeDueByTheClockIsLookedAtSooner() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in"))
        .keyBy(word -> word)
        .process(Latest::new)
        .name("latest")
        .to(KafkaSink.strings("out"));
    assertThat(waits(job)).containsExactly(USUAL, CALM);
  }

  /** A function that may set timers, whether it does or not. */
  static final class Latest extends KeyedProcessFunction<String, String, String> {

    @Override
    public void onRecord(String word, Context context) {
      context.emit(word);
    }
  }

  @Test
  void aSourceThatIsHeldBackGoesOnSoon() {
    assertThat(waits(FaultyInstance.job())).containsExactly(CALM);
    rig.instance.workersByStage().get("in").forEach(worker -> worker.hold(Hold.PAUSE));
    assertThat(waitsOfTurns()).containsExactly(USUAL, CALM);
  }

  /** It does not probe whether there is more, as it would before a commit. */
  @Test
  void whatHasNothingToShowMayTakeLong() {
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in")).filter(word -> false).to(KafkaSink.strings("out"));
    assertThat(waits(job)).containsExactly(CALM);
    rig.send(1);
    rig.clock.advance(USUAL);
    Set<Duration> waits = waitsOf(() -> rig.instance.workers().forEach(Worker::turn));
    assertThat(waits)
        .as("until it looks again, then as long as it likes")
        .hasSize(2)
        .contains(CALM);
    rig.clock.advance(USUAL);
    assertThat(waitsOf(() -> rig.instance.workers().forEach(Worker::turn))).containsExactly(CALM);
  }

  /** The waits of the workers of a job that has processed all there is. */
  private Set<Duration> waits(Job job) {
    rig.send(20);
    rig.start(job);
    rig.settle();
    return waitsOfTurns();
  }

  private Set<Duration> waitsOfTurns() {
    boolean ignored = rig.turn(); // What was changed since the last one is paused at its end.
    return waitsOf(rig::turn);
  }

  private Set<Duration> waitsOf(Runnable turn) {
    Set<Duration> waits = new TreeSet<>();
    rig.clients.inject(
        FaultyClients.Faults.byArguments(
            (call, arguments) -> {
              if (call.equals(new FaultyClients.Call("stage", "poll"))) {
                waits.add((Duration) arguments[0]);
              }
              return null;
            }));
    for (int i = 0; i < 5; i++) {
      turn.run();
    }
    return waits;
  }
}
