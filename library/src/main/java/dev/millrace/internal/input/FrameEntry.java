package dev.millrace.internal.input;

import dev.millrace.internal.codec.ValueCodec;
import dev.millrace.internal.failure.TaskFailures;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.PartialHead;
import dev.millrace.internal.operator.KeyedRecord;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.util.ByteReader;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.util.MalformedBytesException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The entries of an input's frames, one after the other, as the operators see them.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public final class FrameEntry implements KeyedRecord, TaskFailures.KeyedEntry {

  private final FrameReader reader = new FrameReader();
  private final @Nullable ValueCodec<Object> values;
  private final @Nullable ValueCodec<Object> partials;

  /** Decoders by the schemas of earlier versions, which records and partials may have shared. */
  private final Map<Integer, ValueCodec<Object>> olderValues = new HashMap<>();

  private final Map<Integer, ValueCodec<Object>> olderPartials = new HashMap<>();

  private @Nullable ValueCodec<Object> frameValues;
  private @Nullable ValueCodec<Object> framePartials;
  private @Nullable Object decoded;
  private final ByteReader headReader = new ByteReader(new byte[0]);
  private final PartialHead head = new PartialHead();
  private int headBytes;
  private int keyHash;

  public FrameEntry(StageSetup.Input input) {
    this.values = input.values();
    this.partials = input.partials();
  }

  /** Moves to the beginning of a frame. */
  public FrameReader open(ConsumerRecord<byte[], byte[]> record) {
    byte @Nullable [] frame = record.value();
    if (frame == null) {
      throw new MalformedBytesException("Cannot read a shuffle frame: the record has no value");
    }
    reader.reset(frame, 0, frame.length);
    frameValues = codec(values, olderValues, reader.recordSchemaId());
    framePartials = codec(partials, olderPartials, reader.partialSchemaId());
    return reader;
  }

  private static @Nullable ValueCodec<Object> codec(
      @Nullable ValueCodec<Object> own, Map<Integer, ValueCodec<Object>> older, int schemaId) {
    if (own == null || schemaId == 0 || own.schemaId() == schemaId) {
      return own;
    }
    return older.computeIfAbsent(schemaId, own::writtenBy);
  }

  /** Moves to the next entry; returns false after the last. */
  public boolean next() {
    decoded = null;
    if (!reader.next()) {
      return false;
    }
    keyHash = Hashing.murmur2(reader.array(), reader.keyOffset(), reader.keyLength());
    headBytes = 0;
    if (isPartial()) {
      headReader.reset(reader.array(), reader.valueOffset(), reader.valueLength());
      head.read(headReader);
      headBytes = headReader.position() - reader.valueOffset();
    }
    return true;
  }

  @Override
  public byte[] bytes() {
    return reader.array();
  }

  @Override
  public int keyOffset() {
    return reader.keyOffset();
  }

  @Override
  public int keyLength() {
    return reader.keyLength();
  }

  @Override
  public int keyHash() {
    return keyHash;
  }

  @Override
  public int valueLength() {
    return reader.valueLength();
  }

  @Override
  public long timeMs() {
    return reader.time();
  }

  @Override
  public int kind() {
    return reader.kind();
  }

  @Override
  public long firstTimeMs() {
    return isPartial() ? reader.time() - head.spanMs() : reader.time();
  }

  @Override
  public long weight() {
    return isPartial() ? head.weight() : isRetraction() ? -1 : 1;
  }

  @Override
  public Object value() {
    Object value = decoded;
    if (value == null) {
      value = decode();
      decoded = value;
    }
    return value;
  }

  private Object decode() {
    ValueCodec<Object> codec = isPartial() ? framePartials : frameValues;
    if (codec == null) {
      throw new MalformedBytesException("a partial aggregate came where none is expected");
    }
    return codec.decode(
        reader.array(), reader.valueOffset() + headBytes, reader.valueLength() - headBytes);
  }

  @Override
  public Object valueAnew() {
    decoded = null;
    return value();
  }

  @Override
  public Object anew(Object value) {
    return value == decoded ? decode() : value;
  }

  /**
   * Makes the next {@link #value()} decode anew, for an operator that may keep and change the
   * object it gets.
   */
  void forgetValue() {
    decoded = null;
  }

  @Override
  public byte[] array() {
    return reader.array();
  }

  @Override
  public int keyAt() {
    return reader.keyOffset();
  }

  @Override
  public int keySize() {
    return reader.keyLength();
  }

  @Override
  public int valueAt() {
    return reader.valueOffset();
  }

  @Override
  public int valueSize() {
    return reader.valueLength();
  }
}
