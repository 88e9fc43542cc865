package dev.millrace.internal.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.codec.InMemorySchemaBook;
import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.codec.ValueCodecs;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which of a key's records is its row, where its topic has got partitions. */
final class TableFeedTest {

  private static final int PARTITIONS = 3;
  private static final List<String> KEYS = List.of("a", "b");

  @SuppressWarnings("unchecked") // keys are text
  private static final KeyCodec<Object> TEXTS =
      (KeyCodec<Object>) (KeyCodec<?>) KeyCodecs.forType(String.class);

  /** A record; a deletion, if it has no row. */
  private record Sent(int partition, String key, long timestampMs, @Nullable String row) {

    ConsumerRecord<byte[], byte[]> at(long offset) {
      return new ConsumerRecord<>(
          "rows",
          partition,
          offset,
          timestampMs,
          TimestampType.CREATE_TIME,
          1,
          1,
          bytes(key),
          row == null ? null : row.getBytes(StandardCharsets.UTF_8),
          new RecordHeaders(),
          Optional.empty());
    }
  }

  private static byte[] bytes(String key) {
    ByteWriter out = new ByteWriter();
    TEXTS.encode(key, out);
    return out.toByteArray();
  }

  /** Instances read partitions in different orders, and come to the same rows. */
  @Test
  void theOrderInWhichPartitionsAreReadDoesNotMatter() {
    for (long seed = 1; seed <= 300; seed++) {
      Random random = new Random(seed);
      List<List<Sent>> topic = topic(random);
      Map<String, String> rows = read(topic, random);
      for (int again = 0; again < 5; again++) {
        assertThat(read(topic, random)).as("seed %d", seed).isEqualTo(rows);
      }
    }
  }

  /** Timestamps are out of order, in each partition too; none is there twice. */
  private static List<List<Sent>> topic(Random random) {
    List<List<Sent>> topic = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      List<Sent> sent = new ArrayList<>();
      for (int i = random.nextInt(6); i > 0; i--) {
        String row = random.nextInt(4) == 0 ? null : partition + "-" + i;
        String key = KEYS.get(random.nextInt(KEYS.size()));
        sent.add(new Sent(partition, key, random.nextInt(20) * PARTITIONS + partition, row));
      }
      topic.add(sent);
    }
    return topic;
  }

  private static Map<String, String> read(List<List<Sent>> topic, Random random) {
    BroadcastRows rows = rows();
    List<Deque<Sent>> left = new ArrayList<>();
    topic.forEach(sent -> left.add(new ArrayDeque<>(sent)));
    try (TableFeed feed =
        new TableFeed(rows, TableFeedTest::reader, PARTITIONS, new TableEnd.AtStart())) {
      while (left.removeIf(Deque::isEmpty) || !left.isEmpty()) {
        if (!left.isEmpty()) {
          feed.take(left.get(random.nextInt(left.size())).remove().at(0));
        }
      }
      feed.settle();
    }
    Map<String, String> found = new TreeMap<>();
    BroadcastRows.View view = rows.view(rows.values());
    for (String key : KEYS) {
      found.put(key, String.valueOf(view.row(key)));
    }
    return found;
  }

  @SuppressWarnings("unchecked") // rows are text
  private static BroadcastRows rows() {
    return new BroadcastRows(
        new Broadcast(
            "table", "rows", String.class, String.class, Optional.empty(), ErrorPolicy.fail()),
        TEXTS,
        (ValueCodec<Object>)
            (ValueCodec<?>) ValueCodecs.forType(String.class, new InMemorySchemaBook()),
        new TableMemory("job", 1 << 20));
  }

  private static RowReader reader() {
    return (record, rows) -> {
      KeyBytes key = new KeyBytes(record.key());
      byte[] row = record.value();
      if (row == null) {
        rows.delete(key);
      } else {
        rows.put(key, new String(row, StandardCharsets.UTF_8), row);
      }
    };
  }
}
