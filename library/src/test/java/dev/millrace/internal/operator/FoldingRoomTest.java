package dev.millrace.internal.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.aggregate.Aggregation;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.Row;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.internal.util.Hashing;
import dev.millrace.serde.TypeRef;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The room that accumulators take of a transaction, of which many records may be one row's. */
final class FoldingRoomTest {

  private static final byte[] KEY = {1};
  private static final StoredValueFormat<Object> AS_TEXT =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(Object value) {
          return value.toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public Object fromBytes(byte[] bytes) {
          return new String(bytes, StandardCharsets.UTF_8);
        }
      };

  private final Overlay overlay =
      new Overlay(new InMemoryStateStore(), OverlayLimits.writingThrough(10 << 20));
  private final RowStore<Object> rows = overlay.rows(1, AS_TEXT);

  private record Text(String value) implements KeyedRecord {

    @Override
    public byte[] bytes() {
      return KEY;
    }

    @Override
    public int keyOffset() {
      return 0;
    }

    @Override
    public int keyLength() {
      return 1;
    }

    @Override
    public int keyHash() {
      return Hashing.murmur2(KEY, 0, 1);
    }

    @Override
    public long timeMs() {
      return 0;
    }

    @Override
    public long firstTimeMs() {
      return 0;
    }

    @Override
    public long weight() {
      return 1;
    }

    @Override
    public int kind() {
      return FrameFormat.RECORD;
    }

    @Override
    public int valueLength() {
      return value.length();
    }
  }

  private void fold(Aggregation<String, ?, ?> aggregation, int records) {
    fold(aggregation, records, "x".repeat(1_000));
  }

  private void fold(Aggregation<String, ?, ?> aggregation, int records, String text) {
    Fold fold = Fold.of(aggregation);
    Folding folding =
        Folding.ofSharedRecords(
            fold, accumulator -> accumulator, ErrorPolicy.fail(), new Caution());
    Guard guard = new Guard("fold", ErrorPolicy.fail(), new NoFailures());
    Row<Object> row = rows.row(KEY);
    for (int i = 0; i < records; i++) {
      assertThat(folding.foldInto(row, new Text(text), guard)).isNotNull();
    }
  }

  @Test
  void listsTakeRoomBeforeTheyAreWritten() {
    fold(Aggregates.toList(String.class), 1_000);
    assertThat(overlay.dirtyBytes()).isBetween(2_000_000L, 10_000_000L);
    overlay.forEachDirty((key, next, committed) -> {});
    assertThat(overlay.dirtyBytes()).as("as counted").isBetween(1_000_000L, 8_000_000L);
    overlay.commit(new Checkpoint(0, 0, 1, 1, 1, 0));
    assertThat(overlay.dirtyBytes()).isZero();
    assertThat(overlay.cachedBytes()).isBetween(1_000_000L, 10_000_000L);
  }

  @Test
  void whatIsReplacedDoesNot() {
    fold(Aggregates.max(String.class, text -> text), 1_000);
    assertThat(overlay.dirtyBytes()).isLessThan(10_000);
  }

  @Test
  void whatIsKnownNotToGrowDoesNot() {
    fold(Aggregates.distinct(String.class, text -> text), 1_000);
    assertThat(overlay.dirtyBytes()).isBetween(4_000L, 10_000L);
    for (int i = 0; i < 100; i++) {
      fold(Aggregates.distinct(String.class, text -> text), 1, i + "y".repeat(1_000));
    }
    assertThat(overlay.dirtyBytes()).isGreaterThan(404_000);
  }

  @Test
  void mapsShowWhetherTheyGrow() {
    fold(new Lengths(), 1_000);
    assertThat(overlay.dirtyBytes()).isBetween(4_000L, 10_000L);
    fold(new Lengths(), 1, "y".repeat(2_000));
    assertThat(overlay.dirtyBytes()).isBetween(12_000L, 18_000L);
  }

  /** How often texts of each length came. */
  private record Lengths() implements Aggregation<String, Map<Integer, Long>, Map<Integer, Long>> {

    private static final long serialVersionUID = 1L;

    @Override
    public Map<Integer, Long> create() {
      return new HashMap<>();
    }

    @Override
    public Map<Integer, Long> add(Map<Integer, Long> accumulator, String value) {
      accumulator.merge(value.length(), 1L, Long::sum);
      return accumulator;
    }

    @Override
    public Map<Integer, Long> merge(Map<Integer, Long> left, Map<Integer, Long> right) {
      right.forEach((length, count) -> left.merge(length, count, Long::sum));
      return left;
    }

    @Override
    public Map<Integer, Long> finish(Map<Integer, Long> accumulator) {
      return accumulator;
    }

    @Override
    public TypeRef<Map<Integer, Long>> accumulatorType() {
      return new TypeRef<>() {};
    }

    @Override
    public TypeRef<Map<Integer, Long>> resultType() {
      return accumulatorType();
    }
  }

  @Test
  void rowsThatAreNotWrittenYetCountAsBefore() {
    Overlay holdingBack =
        new Overlay(new InMemoryStateStore(), OverlayLimits.writingBack(10 << 20));
    Row<Object> row = holdingBack.rows(1, AS_TEXT).row(KEY);
    row.set("text");
    holdingBack.commit(new Checkpoint(0, 0, 1, 1, 1, 0));
    long before = holdingBack.unwrittenBytes();
    row.set("next");
    row.grew(1_000);
    assertThat(holdingBack.unwrittenBytes()).isGreaterThan(before + 999);
    holdingBack.commit(new Checkpoint(0, 0, 2, 2, 2, 0));
    assertThat(holdingBack.unwrittenBytes()).isEqualTo(before).isPositive();
  }
}
