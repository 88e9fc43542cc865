package dev.millrace.sidebyside.driver;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A sequence of words, the same for the same seed.
 *
 * <p><b>Threads.</b> One.
 */
interface WordSequence {

  /** {@return the next word} */
  String next();

  /**
   * {@return words of which the n-th in rank is as frequent as 1/n}
   *
   * @param words how many different ones there are
   */
  static WordSequence zipf(long seed, int words) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] cumulative = new double[words];
    double sum = 0;
    for (int i = 0; i < words; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
    double all = sum;
    return () -> {
      int at = Arrays.binarySearch(cumulative, random.nextDouble() * all);
      int rank = at < 0 ? -at - 1 : at;
      return "word" + Integer.toString(Math.min(rank, words - 1), 36);
    };
  }

  /**
   * {@return words that are equally frequent}
   *
   * @param words how many different ones there are
   */
  static WordSequence uniform(long seed, int words) {
    SplittableRandom random = new SplittableRandom(seed);
    return () -> uniformWord(random.nextInt(words));
  }

  /** {@return a word of those that {@link #uniform} has, by its number from 0} */
  static String uniformWord(int number) {
    return "key-" + number;
  }
}
