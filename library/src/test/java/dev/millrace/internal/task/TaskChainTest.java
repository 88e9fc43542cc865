package dev.millrace.internal.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.SinkContext;
import dev.millrace.connector.SinkWriter;
import dev.millrace.connector.WriterSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.failure.Cautions;
import dev.millrace.internal.failure.DeadLetters;
import dev.millrace.internal.failure.TaskFailures;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.async.Wakeup;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.progress.TaskProgress;
import dev.millrace.internal.shuffle.SentRecords;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.Rhythm;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageSetups;
import dev.millrace.internal.stage.StageShare;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TaskChainTest {

  private final List<String> calls = new ArrayList<>();

  /** A sink that notes what happens to its writer. */
  private final class Noting implements WriterSink<String> {
    @Override
    public String name() {
      return "noting";
    }

    @Override
    public SinkWriter<String> open(SinkContext context) {
      calls.add("open");
      return new SinkWriter<>() {
        @Override
        public void write(String value, long timeMs) {}

        @Override
        public byte[] prepare() {
          return new byte[0];
        }

        @Override
        public void commit() {}

        @Override
        public void abort() {
          calls.add("abort");
        }

        @Override
        public void close() {
          calls.add("close");
        }
      };
    }
  }

  @Test
  void sinksAreClosedWhenWhatFeedsThemCannotBeMade() {
    Step sink =
        new Step(
            "sink",
            new StageOperator.WriteOut(new Noting()),
            List.of(),
            Map.of(),
            ErrorPolicy.fail());
    List<Target> heads = List.of(new Target.ToStep(0, 0), new Target.ToShuffle(0));
    TaskChain.Parts withoutShuffles = parts(StageSetups.ofTopic("stage", 1, List.of(sink), heads));
    assertThatThrownBy(() -> new TaskChain(withoutShuffles))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(calls).containsExactly("open", "abort", "close");
  }

  private static TaskChain.Parts parts(StageSetup setup) {
    SimClock clock = new SimClock(Instant.EPOCH);
    StageMetrics metrics = new StageMetrics();
    SentRecords sender = new SentRecords();
    RecordLimit records = RecordLimit.ofRequests(1 << 20);
    TransactionSize size = new TransactionSize();
    FiringTime time = new FiringTime(size, metrics.counter(Measure.RETRIES), clock);
    return new TaskChain.Parts(
        setup,
        0,
        null,
        null,
        new TaskProgress(setup, 0, StageShare.of(setup, 1), Rhythm.USUAL),
        new TaskFailures(
            "job",
            "life-0",
            "stage",
            new DeadLetters("errors", sender, records),
            metrics,
            clock,
            () -> false),
        List.of(),
        sender,
        metrics,
        clock,
        new FiringRoom(size, () -> true, time),
        records,
        1 << 20,
        Circuit::new,
        new Cautions(Caution::new),
        new Wakeup());
  }
}
