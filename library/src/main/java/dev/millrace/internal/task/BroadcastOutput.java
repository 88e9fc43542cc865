package dev.millrace.internal.task;

import dev.millrace.internal.codec.StoredValues;
import dev.millrace.internal.codec.key.KeyCodec;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.RecordLimit;
import dev.millrace.internal.stage.StageTables;
import dev.millrace.internal.table.Revision;
import dev.millrace.internal.util.ByteWriter;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The end of a chain: the writer of a table's rows to the topic that every instance reads, in the
 * worker's transaction; a tombstone where a row is gone.
 *
 * <p>A row that cannot be written is dropped by the error policy with the one that it replaces: a
 * stale row would be worse than none.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class BroadcastOutput implements Output {

  private final String topic;
  private final KeyCodec<Object> keys;
  private final StoredValues<Object> values;
  private final Guard guard;
  private final RecordLimit limit;
  private final Sender sender;
  private final Counter recordsOut;
  private final ByteWriter key = new ByteWriter();

  BroadcastOutput(Broadcast table, StepSite site) {
    TaskChain.Parts parts = site.parts();
    StageTables.Written written = parts.setup().tables().written(table);
    this.topic = table.topic();
    this.keys = written.keys();
    this.values = new StoredValues<>(written.values());
    this.guard = site.guard();
    this.limit = parts.records();
    this.sender = parts.sender();
    this.recordsOut = parts.metrics().counter(Measure.RECORDS_OUT);
  }

  @Override
  public void emit(Object value, long timeMs, int kind) {
    Revision revision = (Revision) value;
    key.clear();
    keys.encode(revision.key(), key);
    byte[] keyBytes = key.toByteArray();
    ProducerRecord<byte[], byte[]> record = record(keyBytes, null);
    Object row = revision.after();
    if (row != null) {
      try {
        record = checked(record(keyBytes, values.toBytes(row)));
      } catch (Exception e) {
        ProducerRecord<byte[], byte[]> later =
            guard.recover(row, e, () -> checked(record(keyBytes, values.toBytes(row))));
        record = later == null ? record : later;
      }
    }
    recordsOut.add(1);
    sender.send(record);
  }

  private ProducerRecord<byte[], byte[]> record(byte[] keyBytes, byte @Nullable [] row) {
    return new ProducerRecord<>(topic, 0, null, keyBytes, row);
  }

  private ProducerRecord<byte[], byte[]> checked(ProducerRecord<byte[], byte[]> record) {
    long bytes = RecordLimit.sizeBytes(record);
    if (bytes > limit.maxBytes()) {
      throw new IllegalArgumentException(
          "the row is too large for a record of topic "
              + topic
              + " ("
              + RecordLimit.excess(bytes, limit.maxBytes())
              + ")");
    }
    return record;
  }
}
