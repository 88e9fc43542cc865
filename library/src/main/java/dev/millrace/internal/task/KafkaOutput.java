package dev.millrace.internal.task;

import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.connector.RecordEncoder;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.stage.Counter;
import dev.millrace.internal.stage.Measure;
import dev.millrace.internal.stage.RecordLimit;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The end of a chain: the writer of results to a user's topic, in the worker's transaction.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
final class KafkaOutput implements Output {

  private final String step;
  private final RecordEncoder encoder;
  private final Guard guard;
  private final RecordLimit limit;
  private final Sender sender;
  private final Counter recordsOut;

  KafkaOutput(String step, KafkaSinkSpec sink, TaskChain.Parts parts, Guard guard) {
    this.step = step;
    this.encoder =
        new RecordEncoder(
            sink,
            parts.clock(),
            sink.topics() == null ? parts.setup().retentions().get(sink.topic()) : null);
    this.guard = guard;
    this.limit = parts.records();
    this.sender = parts.sender();
    this.recordsOut = parts.metrics().counter(Measure.RECORDS_OUT);
  }

  @Override
  public void emit(Object value, long timeMs, int kind) {
    Output.refuseRetraction(kind, step);
    @Nullable ProducerRecord<byte[], byte[]> record;
    try {
      record = checked(encoder.encode(value, timeMs));
    } catch (Exception e) {
      record = recovered(value, timeMs, e);
    }
    if (record != null) {
      recordsOut.add(1);
      sender.send(record);
    }
  }

  private @Nullable ProducerRecord<byte[], byte[]> recovered(
      Object value, long timeMs, Exception first) {
    Optional<ProducerRecord<byte[], byte[]>> written =
        guard.recover(
            value, first, () -> Optional.ofNullable(checked(encoder.encode(value, timeMs))));
    return written == null ? deletion(value, timeMs) : written.orElse(null);
  }

  /** Deletes what a change that was dropped would have replaced, if its key can be had. */
  private @Nullable ProducerRecord<byte[], byte[]> deletion(Object value, long timeMs) {
    Object deletion = encoder.deletionInsteadOf(value);
    if (deletion == null) {
      return null;
    }
    ProducerRecord<byte[], byte[]> whole = ifPossible(() -> encoder.encode(deletion, timeMs));
    return whole != null ? whole : ifPossible(() -> encoder.encodeBare(deletion, timeMs));
  }

  private @Nullable ProducerRecord<byte[], byte[]> ifPossible(
      Guard.NullableAttempt<ProducerRecord<byte[], byte[]>> attempt) {
    try {
      return checked(attempt.call());
    } catch (Exception e) {
      return null; // The policy has taken the change already, and this is for the same reason.
    }
  }

  private @Nullable ProducerRecord<byte[], byte[]> checked(
      @Nullable ProducerRecord<byte[], byte[]> record) {
    if (record != null) {
      long bytes = RecordLimit.sizeBytes(record);
      if (bytes > limit.maxBytes()) {
        throw new IllegalArgumentException(
            "the result is too large for a record of topic "
                + record.topic()
                + " ("
                + RecordLimit.excess(bytes, limit.maxBytes())
                + ")");
      }
    }
    return record;
  }

  /** Closes the user's serializers. */
  void close() {
    encoder.close();
  }
}
