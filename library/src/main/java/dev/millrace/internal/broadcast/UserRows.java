package dev.millrace.internal.broadcast;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.Place;
import dev.millrace.error.RecordException;
import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.connector.RecordDecoder;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.table.TopicRow;
import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.LogPace;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reader of rows in a user's topic, with the error policy of the table: a record that is no row
 * stops the instance, or leaves the row of its key as it was.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the table.
 */
final class UserRows implements RowReader {

  private static final Logger LOGGER = LoggerFactory.getLogger(UserRows.class);
  private static final long LONGEST_SLEEP_MS = 100;

  private final String job;
  private final Broadcast table;
  private final BroadcastRows known;
  private final StoredValues<Object> stored;
  private final RecordDecoder decoder;
  private final WorkerSerdes serdes;
  private final Clock clock;
  private final BooleanSupplier stopping;
  private final ByteWriter key = new ByteWriter();
  private final LogPace pace = new LogPace();

  /**
   * Opens the user's deserializers.
   *
   * @param stopping whether the instance is to stop, so that no further attempt makes sense
   */
  UserRows(
      String job, BroadcastRows known, WorkerSerdes serdes, Clock clock, BooleanSupplier stopping) {
    this.job = job;
    this.table = known.table();
    this.known = known;
    this.stored = new StoredValues<>(known.values().with(serdes));
    this.decoder = RecordDecoder.of(table.ofUser().orElseThrow().source());
    this.serdes = serdes;
    this.clock = clock;
    this.stopping = stopping;
  }

  @Override
  public void read(ConsumerRecord<byte[], byte[]> record, Rows rows) {
    Consumer<Rows> change = attempt(record);
    if (change != null) {
      change.accept(rows);
    }
  }

  /** {@return the change of a row, which cannot fail, or null if the record was dropped} */
  private @Nullable Consumer<Rows> attempt(ConsumerRecord<byte[], byte[]> record) {
    ErrorPolicy policy = table.errors();
    Exception failure;
    int retry = 0;
    do {
      try {
        return change((TopicRow) decoder.decode(record));
      } catch (Exception e) {
        failure = e;
      }
      retry++;
    } while (retry <= policy.retries() && backOff(policy.waitBefore(retry).toMillis()));
    if (!stopping.getAsBoolean()) {
      giveUp(record, failure);
    }
    return null;
  }

  private Consumer<Rows> change(TopicRow row) {
    key.clear();
    known.keys().encode(row.key(), key);
    KeyBytes bytes = new KeyBytes(key.toByteArray());
    Object value = row.value();
    if (value == null) {
      return rows -> rows.delete(bytes);
    }
    byte[] ofValue = stored.toBytes(value);
    return rows -> rows.put(bytes, value, ofValue);
  }

  /** Waits before another attempt; returns whether one still makes sense. */
  private boolean backOff(long millis) {
    for (long left = millis; left > 0 && !stopping.getAsBoolean(); left -= LONGEST_SLEEP_MS) {
      clock.sleepMs(Math.min(left, LONGEST_SLEEP_MS));
    }
    return !stopping.getAsBoolean();
  }

  private void giveUp(ConsumerRecord<byte[], byte[]> record, Exception cause) {
    String reason =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    if (table.errors().action() == ErrorPolicy.Action.FAIL) {
      throw new RecordException(
          "Cannot read a row of broadcast table '"
              + table.name()
              + "' of job '"
              + job
              + "': "
              + reason
              + " (topic "
              + record.topic()
              + ", partition "
              + record.partition()
              + ", offset "
              + record.offset()
              + "). Mend the record, or choose the error policy skip or dead-letter for the table",
          Place.ofPartition(record.topic(), record.partition())
              .withJob(job)
              .withOffset(record.offset()),
          cause);
    }
    known.skipped();
    if (pace.isDue(clock.nanos())) {
      LOGGER
          .atWarn()
          .addKeyValue("job", job)
          .addKeyValue("table", table.name())
          .addKeyValue("topic", record.topic())
          .addKeyValue("partition", record.partition())
          .addKeyValue("offset", record.offset())
          .addKeyValue("reason", reason)
          .addKeyValue("skippedSinceLastLine", pace.takeUnlogged())
          .log("A record that is no row of a broadcast table is skipped; its row stays as it was");
    }
  }

  @Override
  public void close() {
    decoder.close();
    serdes.close();
  }
}
