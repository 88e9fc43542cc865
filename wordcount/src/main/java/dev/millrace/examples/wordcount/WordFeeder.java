package dev.millrace.examples.wordcount;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Writes records for {@link WordCountJob} to standard output, one JSON text a line: the words of a
 * file, or random ones without end. {@code runner.jar put} carries them into a topic.
 *
 * <pre>
 *   java -cp wordcount.jar dev.millrace.examples.wordcount.WordFeeder FILE
 *   java -cp wordcount.jar dev.millrace.examples.wordcount.WordFeeder --endless [WORDS_PER_SECOND]
 * </pre>
 */
public final class WordFeeder {

  private static final String[] VOCABULARY = {
    "the",
    "and",
    "to",
    "of",
    "water",
    "wheel",
    "mill",
    "stream",
    "stone",
    "grain",
    "flour",
    "race",
    "miller",
    "pond",
    "sluice",
    "sack",
    "oak",
    "brook",
    "millwright",
    "freshet"
  };
  private static final int ROUNDS_PER_SECOND = 10;

  private WordFeeder() {}

  /**
   * Feeds until the file or the reader of the output ends.
   *
   * @param args a file, or {@code --endless} and how many words a second
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 1 && !args[0].startsWith("--")) {
      // A reader made this way reads on behind malformed bytes, which are no letters.
      try (Reader text =
          new BufferedReader(
              new InputStreamReader(
                  Files.newInputStream(Path.of(args[0])), StandardCharsets.UTF_8))) {
        feed(text, writer(System.out));
      }
    } else if (args.length >= 1 && args.length <= 2 && args[0].equals("--endless")) {
      feedEndlessly(System.out, args.length == 2 ? Integer.parseInt(args[1]) : 1_000);
    } else {
      System.err.println("Usage: WordFeeder FILE | WordFeeder --endless [WORDS_PER_SECOND]");
      System.exit(2);
    }
  }

  /** Writes the words of a text. */
  static void feed(Reader text, Writer out) throws IOException {
    Words words = new Words(text);
    for (Optional<String> word = words.next(); word.isPresent(); word = words.next()) {
      write(word.get(), out);
    }
    out.flush();
  }

  /** Writes random words, the first of the vocabulary more often, until nobody reads them. */
  private static void feedEndlessly(PrintStream stdout, int wordsPerSecond)
      throws IOException, InterruptedException {
    Writer out = writer(stdout);
    Random random = new Random(1);
    long words = 0;
    long begun = System.nanoTime();
    while (!stdout.checkError()) {
      long round = (System.nanoTime() - begun) * ROUNDS_PER_SECOND / 1_000_000_000L;
      for (long due = (round + 1) * wordsPerSecond / ROUNDS_PER_SECOND; words < due; words++) {
        write(random(random), out);
      }
      out.flush();
      TimeUnit.MILLISECONDS.sleep(1_000 / ROUNDS_PER_SECOND);
    }
  }

  private static String random(Random random) {
    int common = Math.min(random.nextInt(VOCABULARY.length), random.nextInt(VOCABULARY.length));
    String word = VOCABULARY[common];
    return random.nextInt(10) == 0 ? word.toUpperCase(Locale.ROOT) : word;
  }

  /** A word has letters and apostrophes only, so there is nothing to escape. */
  private static void write(String word, Writer out) throws IOException {
    out.write("{\"word\":\"");
    out.write(word);
    out.write("\",\"count\":1}\n");
  }

  private static Writer writer(PrintStream out) {
    return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
  }
}
