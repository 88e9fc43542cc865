package dev.millrace.benchmarks.micro;

import dev.millrace.internal.util.ByteWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/** An endless sequence of keys in their bytes, the same in each run. */
public abstract class Keys {

  private static final long SEED = 20261126;

  private static final int WORDS = 96_000;
  private static final int FEW_WORDS = 10_000;
  private static final int SHORTEST_WORD = 5;
  private static final int LONGEST_WORD = 10;

  /** How many keys there are before the sequence of words repeats itself. */
  private static final int PERIOD = 1 << 20;

  /** How many different ids there are. */
  public static final int IDS = 5_000_000;

  private Keys() {}

  /** The distributions of keys. */
  public enum Kind {
    /** Words of 5 to 10 letters, 96,000 different ones; the n-th in rank is as frequent as 1/n. */
    WORDS,
    /** Words as well, of which there are 10,000. */
    FEW_WORDS,
    /** Numbers of 8 bytes, 5 million different ones, all of them equally frequent. */
    IDS
  }

  /** Replaces the content of a buffer by the next key. */
  public abstract void next(ByteWriter key);

  /** {@return keys as they come from a source} */
  public static Keys of(Kind kind) {
    return kind == Kind.IDS ? new Ids() : new Listed(words(), drawn(count(kind)));
  }

  /**
   * {@return keys as they come out of a shuffle with a combiner: none comes twice within what was
   * combined}
   *
   * @param records how many records are combined at a time
   */
  public static Keys combined(Kind kind, int records) {
    return kind == Kind.IDS
        ? new Ids()
        : new Listed(words(), distinct(drawn(count(kind)), records));
  }

  private static int count(Kind kind) {
    return kind == Kind.WORDS ? WORDS : FEW_WORDS;
  }

  private static byte[][] words() {
    SplittableRandom random = new SplittableRandom(SEED);
    byte[][] words = new byte[WORDS][];
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < WORDS; ) {
      byte[] word = new byte[random.nextInt(SHORTEST_WORD, LONGEST_WORD + 1)];
      for (int at = 0; at < word.length; at++) {
        word[at] = (byte) ('a' + random.nextInt(26));
      }
      if (seen.add(new String(word, StandardCharsets.US_ASCII))) {
        words[i++] = word;
      }
    }
    return words;
  }

  /** Returns the ranks of words, drawn by their frequencies. */
  private static int[] drawn(int words) {
    SplittableRandom random = new SplittableRandom(SEED + 1);
    double[] cumulative = new double[words];
    double sum = 0;
    for (int i = 0; i < words; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
    int[] ranks = new int[PERIOD];
    for (int i = 0; i < PERIOD; i++) {
      int at = Arrays.binarySearch(cumulative, random.nextDouble() * sum);
      ranks[i] = Math.min(at < 0 ? -at - 1 : at, words - 1);
    }
    return ranks;
  }

  private static int[] distinct(int[] ranks, int records) {
    int[] kept = new int[ranks.length];
    int size = 0;
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < ranks.length; i++) {
      if (i % records == 0) {
        seen.clear();
      }
      if (seen.add(ranks[i])) {
        kept[size++] = ranks[i];
      }
    }
    return Arrays.copyOf(kept, size);
  }

  /** Keys that lie one after the other in memory, as they do in what a consumer has fetched. */
  private static final class Listed extends Keys {

    private final byte[] bytes;
    private final byte[] lengths;
    private int at;
    private int start;

    Listed(byte[][] words, int[] ranks) {
      ByteWriter all = new ByteWriter(ranks.length * LONGEST_WORD);
      lengths = new byte[ranks.length];
      for (int i = 0; i < ranks.length; i++) {
        byte[] word = words[ranks[i]];
        all.writeBytes(word);
        lengths[i] = (byte) word.length;
      }
      bytes = all.toByteArray();
    }

    @Override
    public void next(ByteWriter key) {
      if (at == lengths.length) {
        at = 0;
        start = 0;
      }
      int length = lengths[at++];
      key.clear();
      key.writeBytes(bytes, start, length);
      start += length;
    }
  }

  private static final class Ids extends Keys {

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Override
    public void next(ByteWriter key) {
      key.clear();
      key.writeLong(random.nextInt(IDS) ^ Long.MIN_VALUE);
    }
  }
}
