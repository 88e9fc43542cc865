package dev.millrace.internal.operator;

import dev.millrace.internal.util.ByteWriter;
import dev.millrace.internal.util.Hashing;
import java.nio.charset.StandardCharsets;

/** A record whose key is text; as in a frame, the key does not begin where the bytes do. */
public record TextRecord(String key, long timeMs, Object value, int kind) implements KeyedRecord {

  private static final int KEY_AT = 1;

  @Override
  public byte[] bytes() {
    ByteWriter out = new ByteWriter();
    out.writeByte(7);
    out.writeBytes(key.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  @Override
  public int keyOffset() {
    return KEY_AT;
  }

  @Override
  public int keyLength() {
    return bytes().length - KEY_AT;
  }

  @Override
  public int keyHash() {
    return Hashing.murmur2(bytes(), KEY_AT, keyLength());
  }

  @Override
  public long firstTimeMs() {
    return timeMs;
  }

  @Override
  public long weight() {
    return 1;
  }
}
