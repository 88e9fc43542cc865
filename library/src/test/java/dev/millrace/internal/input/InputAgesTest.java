package dev.millrace.internal.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.stage.Histogram;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.StageMetrics;
import java.util.Optional;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class InputAgesTest {

  private final Histogram ages = new StageMetrics().histogram(Measure.RECORD_LATENCY);
  private final InputAges inputs = new InputAges(2);

  private static ConsumerRecord<byte[], byte[]> record(long timestampMs) {
    return new ConsumerRecord<>(
        "in",
        0,
        0,
        timestampMs,
        TimestampType.CREATE_TIME,
        0,
        0,
        null,
        null,
        new RecordHeaders(),
        Optional.empty());
  }

  private void fetch(int input, long... timestampsMs) {
    inputs.fetched(input, LongStream.of(timestampsMs).mapToObj(InputAgesTest::record).toList());
  }

  private void commit(int input, @Nullable Long next, long wallMs) {
    inputs.committed(input, next == null ? null : record(next), ages, wallMs);
  }

  private long count() {
    long count = 0;
    for (int i = 0; i < ages.size(); i++) {
      count += ages.count(i);
    }
    return count;
  }

  private double sumMs() {
    return ages.sum() / 1e6;
  }

  @Test
  void theFirstAndTheLastOfATransactionCount() {
    fetch(0, 100, 150, 180);
    fetch(0, 190);
    commit(0, null, 200);
    assertThat(count()).isEqualTo(2);
    assertThat(sumMs()).isEqualTo(100 + 10);
  }

  @Test
  void whatIsLeftBeginsTheNextTransaction() {
    fetch(0, 100, 150, 180);
    commit(0, 150L, 200);
    assertThat(sumMs()).isEqualTo(100 + 50);
    commit(0, null, 300);
    assertThat(count()).isEqualTo(4);
    assertThat(sumMs()).isEqualTo(150 + 150 + 120);
  }

  @Test
  void everyInputHasItsOwn() {
    fetch(0, 100);
    fetch(1, 50);
    commit(1, null, 100);
    assertThat(sumMs()).isEqualTo(50 + 50);
  }

  /** Markers move a position, too. */
  @Test
  void aCommitWithoutRecordsHasNoAge() {
    commit(0, null, 100);
    assertThat(count()).isZero();
    fetch(0, 100);
    commit(0, null, 150);
    commit(0, null, 500);
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void recordsOfTheFutureHaveNoAgeAndThoseWithoutTimestampDoNotCount() {
    fetch(0, 300);
    commit(0, null, 100);
    assertThat(count()).isEqualTo(2);
    assertThat(sumMs()).isZero();
    fetch(0, -1);
    commit(0, null, 100);
    assertThat(count()).isEqualTo(2);
  }
}
