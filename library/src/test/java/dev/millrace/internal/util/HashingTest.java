package dev.millrace.internal.util;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

final class HashingTest {

  /** Topics that others have written by key line up with shuffles only if it is the same hash. */
  @Test
  void murmur2IsTheHashOfKafkasPartitioner() {
    Random random = new Random(4711);
    for (int length = 0; length <= 70; length++) {
      for (int offset = 0; offset <= 5; offset++) {
        byte[] bytes = new byte[offset + length];
        random.nextBytes(bytes);
        assertThat(Hashing.murmur2(bytes, offset, length))
            .as("%d bytes from %d", length, offset)
            .isEqualTo(Utils.murmur2(Arrays.copyOfRange(bytes, offset, offset + length)));
      }
    }
  }
}
