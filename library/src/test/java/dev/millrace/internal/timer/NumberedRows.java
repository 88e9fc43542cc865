package dev.millrace.internal.timer;

import dev.millrace.internal.state.StoredValueFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Rows of numbers in an index of times, and keys that are texts. */
final class NumberedRows {

  static final StoredValueFormat<Long> NUMBERS =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(Long value) {
          return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        }

        @Override
        public Long fromBytes(byte[] bytes) {
          return ByteBuffer.wrap(bytes).getLong();
        }
      };

  private NumberedRows() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(DueRows<?> due) {
    return due.timeMs()
        + " "
        + new String(due.bytes(), due.keyOffset(), due.keyLength(), StandardCharsets.UTF_8);
  }
}
