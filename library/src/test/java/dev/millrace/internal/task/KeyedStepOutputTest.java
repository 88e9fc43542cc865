package dev.millrace.internal.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.failure.DeadLetters;
import dev.millrace.internal.failure.ResultFailures;
import dev.millrace.internal.failure.TaskFailures;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.operator.table.TableOperators;
import dev.millrace.internal.plan.RowKey;
import dev.millrace.internal.shuffle.SentRecords;
import dev.millrace.internal.sim.SimClock;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.table.Revision;
import dev.millrace.time.TimeDomain;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that come to their group without a shuffle. */
final class KeyedStepOutputTest {

  @Test
  @SuppressWarnings("unchecked") // the type asked for
  void anOldRowArrivesAsARetractionWithTheWeightOfOne() {
    TaskFailures failures =
        new TaskFailures(
            "job",
            "life-0",
            "stage",
            new DeadLetters("errors", new SentRecords(), RecordLimit.ofRequests(1 << 20)),
            new StageMetrics(),
            new SimClock(Instant.EPOCH),
            () -> false);
    Seen operator = new Seen();
    Output output =
        new KeyedStepOutput(
            operator,
            0,
            new RowKey((String key, String row) -> key + row.charAt(0)),
            (KeyCodec<Object>) KeyCodecs.forType(String.class),
            new Guard("key", ErrorPolicy.fail(), failures),
            new ResultFailures(failures));
    TableOperators.regroup(output).emit(new Revision("k", "old", "new"), 7, FrameFormat.RECORD);
    assertThat(operator.seen).containsExactly("ko: old, -1 at 7", "kn: new, 1 at 7");
  }

  /** Notes what it gets. */
  private static final class Seen implements KeyedOperator {
    private final List<String> seen = new ArrayList<>();

    @Override
    public RowPrefetch prefetch(int input) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void want(int input, KeyedRecord record) {}

    @Override
    public void onRecord(int input, KeyedRecord record) {
      Object key =
          KeyCodecs.forType(String.class)
              .decode(record.bytes(), record.keyOffset(), record.keyLength());
      seen.add(key + ": " + record.value() + ", " + record.weight() + " at " + record.timeMs());
    }

    @Override
    public boolean onTime(TimeDomain domain, long watermarkMs) {
      return true;
    }
  }
}
