package dev.millrace.internal.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameWriter;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.operator.RowPrefetch;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.state.Overlay;
import dev.millrace.internal.state.OverlayLimits;
import dev.millrace.internal.state.RowStore;
import dev.millrace.internal.state.StoredValueFormat;
import dev.millrace.internal.state.store.InMemoryStateStore;
import dev.millrace.time.TimeDomain;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

final class ReadAheadTest {

  private static final int ENTRIES = 100;

  private static final StoredValueFormat<byte[]> BYTES =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(byte[] value) {
          return value;
        }

        @Override
        public byte[] fromBytes(byte[] bytes) {
          return bytes;
        }
      };

  private final List<String> wanted = new ArrayList<>();
  private RowStore<byte[]> rows;
  private RowPrefetch prefetch;
  private ReadAhead readAhead;

  private void open(long cachedBytes) {
    rows =
        new Overlay(new InMemoryStateStore(), OverlayLimits.writingThrough(cachedBytes))
            .rows(1, BYTES);
    prefetch = new RowPrefetch(rows);
    KeyedOperator operator =
        new KeyedOperator() {
          @Override
          public RowPrefetch prefetch(int input) {
            return prefetch;
          }

          @Override
          public void want(int input, KeyedRecord record) {
            wanted.add(
                new String(
                    record.bytes(),
                    record.keyOffset(),
                    record.keyLength(),
                    StandardCharsets.UTF_8));
            prefetch.want(record);
          }

          @Override
          public void onRecord(int input, KeyedRecord record) {}

          @Override
          public boolean onTime(TimeDomain domain, long watermarkMs) {
            return true;
          }
        };
    readAhead =
        new ReadAhead(
            new FrameEntry(
                new StageSetup.Input(input(), new UUID(1, 2), 3, codec(), null, Map.of())),
            new InputHead(List.of(new InputHead.Reader(operator, 0)), (value, time, kind) -> {}));
  }

  /** Rows that are read one by one turn it on. */
  private void turnOn() {
    rows.row(new byte[] {1});
    prefetch.frameDone(1);
  }

  @Test
  void theRowsOfAllFramesThatAreThereAreReadAtOnceAndOnlyOnce() {
    open(64 << 20);
    List<ConsumerRecord<byte[], byte[]>> queue = frames(5);
    readAhead.of(queue);
    assertThat(wanted).as("off at first").isEmpty();

    turnOn();
    for (int i = 0; i < 5; i++) {
      readAhead.of(queue.subList(i, 5));
      assertThat(wanted).hasSize(5 * ENTRIES);
      readAhead.next();
    }
    long read = rows.singleLoads();
    wanted.forEach(key -> rows.row(key.getBytes(StandardCharsets.UTF_8)));
    assertThat(rows.singleLoads()).as("all are in memory").isEqualTo(read);

    readAhead.of(frames(1));
    assertThat(wanted).as("the next one is looked at again").hasSize(6 * ENTRIES);
  }

  @Test
  void whatIsReadAtOnceIsASmallPartOfTheCacheButAFrameAtLeast() {
    open(2 << 20);
    int most = rows.readAheadRows();
    assertThat(most).isBetween(2 * ENTRIES, 9 * ENTRIES);
    List<ConsumerRecord<byte[], byte[]>> queue = frames(10);
    turnOn();
    readAhead.of(queue);
    assertThat(wanted).hasSizeBetween(most - ENTRIES + 1, most);

    wanted.clear();
    open(0);
    turnOn();
    readAhead.of(queue);
    assertThat(wanted).hasSize(ENTRIES);
  }

  /** It is reported where it is processed, so that the message names it and not another one. */
  @Test
  void aMalformedFrameEndsWhatIsReadAndIsNoErrorYet() {
    open(64 << 20);
    List<ConsumerRecord<byte[], byte[]>> queue = frames(4);
    queue.set(2, record(2, new byte[] {1, 2, 3}));
    queue.set(3, record(3, null));
    turnOn();
    readAhead.of(queue);
    assertThat(wanted).hasSize(2 * ENTRIES);

    readAhead.next();
    readAhead.next();
    readAhead.of(queue.subList(2, 4));
    readAhead.next();
    assertThat(wanted).hasSize(2 * ENTRIES);
  }

  private static List<ConsumerRecord<byte[], byte[]>> frames(int count) {
    List<ConsumerRecord<byte[], byte[]>> frames = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      FrameWriter writer = new FrameWriter(codec().schemaId(), 0, 3);
      for (int j = 0; j < ENTRIES; j++) {
        byte[] key = ("key-" + i + "-" + j).getBytes(StandardCharsets.UTF_8);
        codec().encode(1L, writer.beginEntry(key, 0, key.length, 1_000 + j, FrameFormat.RECORD));
        writer.endEntry();
      }
      frames.add(record(i, writer.finish(FrameFormat.LAST_OF_TRANSACTION, List.of())));
    }
    return frames;
  }

  private static ConsumerRecord<byte[], byte[]> record(int offset, byte[] frame) {
    return new ConsumerRecord<>("shuffle", 0, offset, new byte[0], frame);
  }

  @SuppressWarnings("unchecked") // as the engine does, which knows values as objects
  private static ValueCodec<Object> codec() {
    return (ValueCodec<Object>)
        (ValueCodec<?>) ValueCodecs.forType(Long.class, new InMemorySchemaBook());
  }

  private static StageInput input() {
    return new StageInput.Shuffled(
        new ShuffleEdge(
            "shuffle",
            "from",
            "to",
            Optional.empty(),
            Void.class,
            Long.class,
            TimeDomain.EVENT,
            Optional.empty(),
            ShuffleEdge.Granularity.NONE,
            ErrorPolicy.fail()),
        List.of());
  }
}
