package dev.millrace.internal.util;

import static org.assertj.core.api.Assertions.assertThat;

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
    check(List.of());
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

  /** As numbers they are equal, however many bytes of them are compared. */
  @Test
  void keysThatGoOnWithZeros() {
    for (int count : new int[] {2, 16, 17, 18, 100}) {
      List<byte[]> keys = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        keys.add(Arrays.copyOf(bytes("begin"), 5 + i * 7 % count));
        keys.add(Arrays.copyOf(bytes("other"), 5 + i * 7 % count));
      }
      check(keys);
    }
  }

  @Test
  void keysThatAreEqual() {
    check(Collections.nCopies(3, bytes("one")));
    check(Collections.nCopies(40, bytes("many")));
    check(Collections.nCopies(40, new byte[0]));
  }

  @Test
  void someKeysThatAreEqualAmongOthers() {
    Random random = new Random(20_261_128);
    for (int round = 0; round < 100; round++) {
      List<byte[]> keys = new ArrayList<>();
      for (int i = random.nextInt(300); i >= 0; i--) {
        keys.add(Arrays.copyOf(bytes("key-" + random.nextInt(40)), 6 + random.nextInt(3)));
      }
      check(keys);
    }
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
    List<byte[]> expected = new ArrayList<>(keys);
    expected.sort(Arrays::compareUnsigned);
    assertThat(sorted(keys).toArray(new byte[0][])).isDeepEqualTo(expected.toArray(new byte[0][]));
  }

  /** Keys are amid other bytes, which must not count. */
  private static List<byte[]> sorted(List<byte[]> keys) {
    int at = 3;
    List<byte[]> arrays = new ArrayList<>();
    for (byte[] key : keys) {
      byte[] array = new byte[at + key.length + 12];
      Arrays.fill(array, (byte) (40 + arrays.size() * 31));
      System.arraycopy(key, 0, array, at, key.length);
      arrays.add(array);
    }
    int[] order =
        KeyOrder.of(
            new KeyOrder.Keys() {
              @Override
              public byte[] keyBytes(int number) {
                return arrays.get(number);
              }

              @Override
              public int keyOffset(int number) {
                return at;
              }

              @Override
              public int keyLength(int number) {
                return keys.get(number).length;
              }
            },
            keys.size());
    assertThat(Arrays.stream(order).distinct().count()).isEqualTo(keys.size());
    for (int i = 1; i < order.length; i++) {
      if (Arrays.equals(keys.get(order[i - 1]), keys.get(order[i]))) {
        assertThat(order[i]).as("of equal keys").isGreaterThan(order[i - 1]);
      }
    }
    return Arrays.stream(order).mapToObj(keys::get).toList();
  }
}
