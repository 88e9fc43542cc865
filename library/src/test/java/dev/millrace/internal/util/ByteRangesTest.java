package dev.millrace.internal.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class ByteRangesTest {

  @Test
  void rangesAreEqualIfAllTheirBytesAre() {
    Random random = new Random(4711);
    for (int length = 0; length <= 40; length++) {
      for (int offset = 0; offset <= 3; offset++) {
        byte[] bytes = new byte[offset + length];
        random.nextBytes(bytes);
        byte[] others = new byte[5 + length];
        random.nextBytes(others);
        System.arraycopy(bytes, offset, others, 5, length);
        assertThat(ByteRanges.areEqual(bytes, offset, others, 5, length))
            .as("%d bytes from %d", length, offset)
            .isTrue();
        for (int i = 0; i < length; i++) {
          others[5 + i] ^= (byte) (1 << random.nextInt(8));
          assertThat(ByteRanges.areEqual(bytes, offset, others, 5, length))
              .as("byte %d of %d", i, length)
              .isFalse();
          others[5 + i] = bytes[offset + i];
        }
      }
    }
  }

  @Test
  void bytesBeforeAndAfterDoNotCount() {
    byte[] bytes = {9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9};
    byte[] others = {1, 2, 3, 4, 5, 6, 7, 8, 0};
    for (int length = 0; length <= 8; length++) {
      assertThat(ByteRanges.areEqual(bytes, 1, others, 0, length)).isTrue();
    }
    assertThat(ByteRanges.areEqual(bytes, 1, others, 0, 9)).isFalse();
  }
}
