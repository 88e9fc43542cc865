package dev.millrace.internal.operator.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class KeyOrderTest {

  @Test
  void noKeyAndOneKey() {
    assertThat(KeyOrder.of(new byte[4], new int[4], 0)).isEmpty();
    check(List.of(bytes("a")));
    check(List.of(new byte[0]));
  }

  @Test
  void keysThatGoOnAfterAnother() {
    check(List.of(bytes("ab"), bytes("a"), new byte[0], bytes("abcdefghij"), bytes("abcdefgh")));
    // What is after a key's end in the array is no part of it, and zeros are.
    check(List.of(new byte[] {1, 0}, new byte[] {1}, new byte[] {1, 0, 0}, new byte[] {0}));
    check(List.of(bytes("a"), bytes("zzzzzzzz"), bytes("b"), bytes("a~"), bytes("zzzzzzz")));
    check(List.of(bytes("zzzzzzz"), bytes("~~"), bytes("zzzzzzzA"), bytes("b")));
  }

  @Test
  void bytesAreUnsigned() {
    check(List.of(new byte[] {-1}, new byte[] {1}, new byte[] {-128, 1}, new byte[] {127, -1}));
    check(List.of(new byte[] {5, -1}, new byte[] {5, 1}, new byte[] {5, -128}));
  }

  /** They are equal in the bytes that are sorted as numbers, many or few of them. */
  @Test
  void keysThatDifferLate() {
    for (int count : new int[] {2, 3, 16, 17, 18, 100, 1_000}) {
      List<byte[]> keys = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        keys.add(bytes((i % 2 == 0 ? "left" : "right") + "-the-same-for-all-of-them-" + i * 7919));
      }
      check(keys);
    }
  }

  @Test
  void randomKeysAreInTheOrderOfTheirBytes() {
    Random random = new Random(20_261_127);
    for (int round = 0; round < 300; round++) {
      int kind = random.nextInt(4);
      Supplier<byte[]> key =
          () ->
              switch (kind) {
                case 0 -> random(random, random.nextInt(12), 256);
                case 1 -> random(random, random.nextInt(12), 2);
                case 2 -> bytes("sensor-" + random.nextInt(100_000));
                default -> random(random, 8 + random.nextInt(3), 3);
              };
      TreeSet<byte[]> different = new TreeSet<>(Arrays::compareUnsigned);
      for (int i = random.nextInt(200); i >= 0; i--) {
        different.add(key.get());
      }
      List<byte[]> keys = new ArrayList<>(different);
      Collections.shuffle(keys, random);
      check(keys);
    }
  }

  private static byte[] random(Random random, int length, int values) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) random.nextInt(values);
    }
    return bytes;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void check(List<byte[]> keys) {
    ByteWriter all = new ByteWriter();
    int[] ends = new int[keys.size()];
    for (int i = 0; i < ends.length; i++) {
      all.writeBytes(keys.get(i));
      ends[i] = all.size();
    }
    List<byte[]> sorted = new ArrayList<>();
    for (int key : KeyOrder.of(all.array(), ends, ends.length)) {
      sorted.add(keys.get(key));
    }
    List<byte[]> expected = new ArrayList<>(keys);
    expected.sort(Arrays::compareUnsigned);
    assertThat(sorted.toArray(new byte[0][])).isDeepEqualTo(expected.toArray(new byte[0][]));
  }
}
