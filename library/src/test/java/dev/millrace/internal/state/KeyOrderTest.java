package dev.millrace.internal.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class KeyOrderTest {

  private static final StoredValueFormat<byte[]> BYTES =
      new StoredValueFormat<>() {
        @Override
        public byte[] toBytes(byte[] value) {
          return value;
        }

        @Override
        public byte[] fromBytes(byte[] bytes) {
          return bytes;
        }
      };

  private final RowStore<byte[]> store =
      new Overlay(new InMemoryStateStore(), OverlayLimits.writingThrough(0)).rows(1, BYTES);

  /** Four bytes have room beside the places, after what all keys have in common. */
  @Test
  void theBytesAfterTheCommonOnesDecide() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      byte[] common = new byte[random.nextInt(20)];
      random.nextBytes(common);
      List<Row<byte[]>> rows = new ArrayList<>();
      for (int i = random.nextInt(300); i > 0; i--) {
        byte[] key = Arrays.copyOf(common, common.length + 1 + random.nextInt(4));
        for (int j = common.length; j < key.length; j++) {
          // No zeros: a shorter key counts as one that has some.
          key[j] = (byte) (1 + random.nextInt(255));
        }
        rows.add(new Row<>(store, key, null));
      }

      List<byte[]> sorted = sorted(rows);

      assertThat(sorted).as("seed " + seed).isSortedAccordingTo(Arrays::compareUnsigned);
      assertThat(sorted)
          .as("seed " + seed)
          .containsExactlyInAnyOrderElementsOf(rows.stream().map(row -> row.fullKey).toList());
    }
  }

  @Test
  void longKeysThatBeginAlikeStayAsTheyCame() {
    List<Row<byte[]>> rows = new ArrayList<>();
    for (byte last : new byte[] {3, 1, 2, 0}) {
      rows.add(new Row<>(store, new byte[] {1, 5, 5, 5, 5, 5, 5, 5, 5, last}, null));
    }
    rows.add(new Row<>(store, new byte[] {1, 4}, null));

    assertThat(sorted(rows).stream().map(key -> key[key.length - 1]))
        .containsExactly((byte) 4, (byte) 3, (byte) 1, (byte) 2, (byte) 0);
  }

  private static List<byte[]> sorted(List<Row<byte[]>> rows) {
    KeyOrder order = KeyOrder.of(rows);
    List<byte[]> keys = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      keys.add(rows.get(order.place(i)).fullKey);
    }
    return keys;
  }
}
