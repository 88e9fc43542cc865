package dev.millrace.internal.operator;

import dev.millrace.internal.frame.FrameFormat;
import java.util.function.Supplier;

/** A record out of a frame: its value is made anew for a further attempt. */
public final class FramedRecord implements KeyedRecord {

  private final TextRecord record;
  private final Supplier<Object> bytes;
  private Object value;

  /**
   * Creates a record.
   *
   * @param bytes makes its value
   */
  public FramedRecord(String key, long timeMs, Supplier<Object> bytes) {
    this.bytes = bytes;
    this.value = bytes.get();
    this.record = new TextRecord(key, timeMs, value, FrameFormat.RECORD);
  }

  @Override
  public Object value() {
    return value;
  }

  @Override
  public Object valueAnew() {
    value = bytes.get();
    return value;
  }

  @Override
  public byte[] bytes() {
    return record.bytes();
  }

  @Override
  public int keyOffset() {
    return record.keyOffset();
  }

  @Override
  public int keyLength() {
    return record.keyLength();
  }

  @Override
  public int keyHash() {
    return record.keyHash();
  }

  @Override
  public long timeMs() {
    return record.timeMs();
  }

  @Override
  public long firstTimeMs() {
    return record.firstTimeMs();
  }

  @Override
  public long weight() {
    return record.weight();
  }

  @Override
  public int kind() {
    return record.kind();
  }
}
