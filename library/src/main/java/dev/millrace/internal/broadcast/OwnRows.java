package dev.millrace.internal.broadcast;

import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.connector.WorkerSerdes;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The reader of rows that the job itself has written: their keys are canonical bytes, their values
 * as in state.
 *
 * <p><b>Threads.</b> Confined to the thread that reads the table.
 */
final class OwnRows implements RowReader {

  private final StoredValues<Object> stored;
  private final WorkerSerdes serdes;

  OwnRows(BroadcastRows table, WorkerSerdes serdes) {
    this.stored = new StoredValues<>(table.values().with(serdes));
    this.serdes = serdes;
  }

  @Override
  public void read(ConsumerRecord<byte[], byte[]> record, Rows rows) {
    if (record.key() == null) {
      return; // Not a record of the engine.
    }
    KeyBytes key = new KeyBytes(record.key());
    byte[] value = record.value();
    if (value == null) {
      rows.delete(key);
    } else {
      rows.put(key, stored.fromBytes(value), value);
    }
  }

  @Override
  public void close() {
    serdes.close();
  }
}
