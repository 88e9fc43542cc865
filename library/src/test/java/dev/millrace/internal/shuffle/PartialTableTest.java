package dev.millrace.internal.shuffle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.util.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PartialTableTest {

  private record KeyAndSlice(String key, long slice) {}

  /** What an oracle knows of an entry: its number in the order of additions, and its numbers. */
  private record Known(int place, long first, long second) {}

  private final PartialTable table = new PartialTable(2);

  /**
   * Random searches, additions, replacements, changes and removals of all, against a map.
   *
   * @param hashes how many different hashes the keys have: with few of them most lookups pass
   *     entries of other keys
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, Integer.MAX_VALUE})
  void findsWhatAMapFinds(int hashes) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    for (int round = 0; round < 12; round++) {
      int additions = hashes == 1 ? 300 : round % 3 == 0 ? 20_000 : 60;
      checkRound(random, hashes, additions, "seed " + seed + ", round " + round);
      table.clear();
      assertThat(table.entries()).isZero();
      assertThat(table.end()).isZero();
    }
  }

  private void checkRound(Random random, int hashes, int additions, String where) {
    Map<KeyAndSlice, Known> newest = new HashMap<>();
    List<KeyAndSlice> inOrder = new ArrayList<>();
    List<Known> numbers = new ArrayList<>();
    while (inOrder.size() < additions) {
      KeyAndSlice wanted =
          new KeyAndSlice(
              "k".repeat(random.nextInt(12)) + random.nextInt(1 + additions / 2),
              random.nextInt(3) * (1L << 32)); // the same low half, so the same place
      int entry = find(wanted, hashes);
      Known known = newest.get(wanted);
      if (known == null) {
        assertThat(entry).as("%s: %s", where, wanted).isEqualTo(PartialTable.NONE);
      } else {
        assertThat(table.number(entry, 0)).as("%s: %s", where, wanted).isEqualTo(known.first);
        assertThat(table.number(entry, 1)).as("%s: %s", where, wanted).isEqualTo(known.second);
      }
      int place = inOrder.size();
      if (known == null || random.nextInt(10) == 0) {
        entry = add(wanted, hashes);
        inOrder.add(wanted);
        numbers.add(new Known(place, 0, 0));
      } else {
        place = known.place;
      }
      Known changed = new Known(place, random.nextLong(), random.nextLong());
      table.set(entry, 0, changed.first);
      table.set(entry, 1, changed.second);
      numbers.set(place, changed);
      newest.put(wanted, changed);
    }
    newest.forEach(
        (wanted, known) -> {
          int entry = find(wanted, hashes);
          assertThat(entry).as("%s: %s", where, wanted).isNotEqualTo(PartialTable.NONE);
          assertThat(table.number(entry, 0)).as("%s: %s", where, wanted).isEqualTo(known.first);
        });
    assertThat(table.entries()).as(where).isEqualTo(additions);
    int place = 0;
    for (int entry = 0; entry < table.end(); entry = table.next(entry)) {
      KeyAndSlice expected = inOrder.get(place);
      String key =
          new String(
              table.bytes(),
              table.keyOffset(entry),
              table.keyLength(entry),
              StandardCharsets.UTF_8);
      assertThat(key).as("%s: place %d", where, place).isEqualTo(expected.key);
      assertThat(table.keyHash(entry)).as(where).isEqualTo(hash(expected, hashes));
      assertThat(table.number(entry, 0)).as(where).isEqualTo(numbers.get(place).first);
      assertThat(table.number(entry, 1)).as(where).isEqualTo(numbers.get(place).second);
      place++;
    }
    assertThat(place).as(where).isEqualTo(additions);
  }

  /** All hashes are the same, so that nothing but the bytes tells keys apart. */
  @Test
  void keysThatDifferInAnyByteOrInLengthAreDifferent() {
    for (int length = 0; length <= 40; length++) {
      byte[] key = new byte[length];
      for (int i = 0; i < length; i++) {
        key[i] = (byte) (i + 1);
      }
      assertThat(table.find(key, 0, length, 0, 0))
          .as("length %d", length)
          .isEqualTo(PartialTable.NONE);
      int entry = table.add(key, 0, length, 0, 0);
      assertThat(table.find(key.clone(), 0, length, 0, 0)).as("length %d", length).isEqualTo(entry);
      for (int i = 0; i < length; i++) {
        byte[] other = key.clone();
        other[i] ^= (byte) 0x80;
        assertThat(table.find(other, 0, length, 0, 0))
            .as("byte %d of %d", i, length)
            .isEqualTo(PartialTable.NONE);
      }
    }
  }

  @Test
  void onlyTheBytesOfTheKeyCountNotWhatFollowsInItsArray() {
    byte[] longer = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    for (int length = 0; length <= 9; length++) {
      assertThat(table.find(longer, 0, length, 5, 0)).isEqualTo(PartialTable.NONE);
      int entry = table.add(longer, 0, length, 5, 0);
      byte[] other = longer.clone();
      other[length] = 99;
      assertThat(table.find(other, 0, length, 5, 0)).isEqualTo(entry);
    }
  }

  /** An entry that another one of its key has replaced stays, in its place. */
  @Test
  void theNewestEntryOfAKeyIsFoundAlsoAfterTheTableHasGrown() {
    KeyAndSlice replaced = new KeyAndSlice("replaced", 3);
    int older = addAbsent(replaced);
    table.set(older, 0, 1);
    assertThat(find(replaced, Integer.MAX_VALUE)).isEqualTo(older);
    int newer = add(replaced, Integer.MAX_VALUE);
    table.set(newer, 0, 2);
    int newest = add(replaced, Integer.MAX_VALUE);
    for (int i = 0; i < 5_000; i++) {
      addAbsent(new KeyAndSlice("other" + i, 3));
    }
    assertThat(find(replaced, Integer.MAX_VALUE)).isEqualTo(newest);
    assertThat(table.number(older, 0)).isEqualTo(1);
    assertThat(table.number(newer, 0)).isEqualTo(2);
  }

  /** What was searched last is added where it is found, also if that made the table grow. */
  @Test
  void anAdditionThatMakesTheTableGrowIsFound() {
    for (int i = 0; i < 40; i++) {
      PartialTable grown = new PartialTable(0);
      byte[] key = {(byte) i};
      int hash = Hashing.murmur2(key, 0, 1);
      assertThat(grown.find(key, 0, 1, hash, 0)).isEqualTo(PartialTable.NONE);
      int last = PartialTable.NONE;
      for (int additions = 0; additions < 2_000; additions++) {
        last = grown.add(key, 0, 1, hash, 0);
      }
      assertThat(grown.find(key, 0, 1, hash, 0)).as("key %d", i).isEqualTo(last);
    }
  }

  /** Those that stay are found as before, replaced ones are not, and all are in their order. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7, Integer.MAX_VALUE})
  void entriesOfRetainedSlicesStay(int hashes) {
    long seed = ThreadLocalRandom.current().nextLong(1_000_000);
    Random random = new Random(seed);
    for (int round = 0; round < 20; round++) {
      String where = "seed " + seed + ", round " + round;
      table.clear();
      int additions = hashes == 1 ? 200 : 3_000;
      Map<KeyAndSlice, Long> newest = new HashMap<>();
      List<Long> staying = new ArrayList<>();
      long retained = random.nextInt(4);
      for (long i = 0; i < additions; i++) {
        KeyAndSlice added =
            new KeyAndSlice("k".repeat(random.nextInt(12)) + random.nextInt(50), random.nextInt(4));
        int ignored = find(added, hashes);
        int entry = add(added, hashes);
        table.set(entry, 0, i);
        newest.put(added, i);
        if (added.slice <= retained) {
          staying.add(i);
        }
      }
      table.retain(slice -> slice <= retained);
      assertThat(table.entries()).as(where).isEqualTo(staying.size());
      List<Long> left = new ArrayList<>();
      for (int entry = 0; entry < table.end(); entry = table.next(entry)) {
        left.add(table.number(entry, 0));
      }
      assertThat(left).as(where).isEqualTo(staying);
      newest.forEach(
          (key, number) -> {
            int entry = find(key, hashes);
            if (key.slice <= retained) {
              assertThat(table.number(entry, 0)).as("%s: %s", where, key).isEqualTo(number);
            } else {
              assertThat(entry).as("%s: %s", where, key).isEqualTo(PartialTable.NONE);
            }
          });
    }
  }

  @Test
  void memoryIsCountedForEachEntryAndGoneWithThem() {
    assertThat(table.usedBytes()).isZero();
    for (int i = 0; i < 1_000; i++) {
      addAbsent(new KeyAndSlice("key-" + (1_000 + i), 0));
    }
    assertThat(table.usedBytes()).isBetween(1_000L * (16 + 16 + 8), 1_000L * 100);
    table.clear();
    assertThat(table.usedBytes()).isZero();
  }

  private int addAbsent(KeyAndSlice wanted) {
    assertThat(find(wanted, Integer.MAX_VALUE)).isEqualTo(PartialTable.NONE);
    return add(wanted, Integer.MAX_VALUE);
  }

  private int find(KeyAndSlice wanted, int hashes) {
    byte[] key = wanted.key.getBytes(StandardCharsets.UTF_8);
    return table.find(key, 0, key.length, hash(wanted, hashes), wanted.slice);
  }

  private int add(KeyAndSlice wanted, int hashes) {
    byte[] key = wanted.key.getBytes(StandardCharsets.UTF_8);
    return table.add(key, 0, key.length, hash(wanted, hashes), wanted.slice);
  }

  private static int hash(KeyAndSlice wanted, int hashes) {
    return Math.floorMod(wanted.key.hashCode(), hashes);
  }
}
