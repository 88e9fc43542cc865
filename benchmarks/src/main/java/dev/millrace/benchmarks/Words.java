package dev.millrace.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Words with Zipf frequencies, the same for the same seed. */
final class Words {

  private static final int DISTINCT = 100_000;

  private final Random random;
  private final double[] cumulative = new double[DISTINCT];

  Words(long seed) {
    random = new Random(seed);
    double sum = 0;
    for (int i = 0; i < DISTINCT; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
    for (int i = 0; i < DISTINCT; i++) {
      cumulative[i] /= sum;
    }
  }

  /** {@return the next word} */
  String next() {
    int at = java.util.Arrays.binarySearch(cumulative, random.nextDouble());
    int rank = at < 0 ? -at - 1 : at;
    return "word" + Integer.toString(Math.min(rank, DISTINCT - 1), 36);
  }

  /** {@return the word as a record's value in the given format} */
  static byte[] encode(String word, Format format) {
    String text = format == Format.JSON ? "{\"word\":\"" + word + "\",\"count\":1}" : word;
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The formats of the input. */
  enum Format {
    STRING,
    JSON
  }
}
