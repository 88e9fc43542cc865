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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Writes records for {@link WordCountJob} to standard output, one JSON text a line: the words of a
 * file, or random ones without end. {@code runner.jar put} carries them into a topic.
 *
 * <pre>
 *   java -cp wordcount.jar dev.millrace.examples.wordcount.WordFeeder [--timed] FILE
 *   java -cp wordcount.jar dev.millrace.examples.wordcount.WordFeeder [--timed] --endless [WORDS_PER_SECOND]
 * </pre>
 *
 * <p>With {@code --timed} each record has the time at which the word was spoken: now, or, for a
 * file, as if it were read out at ten words a second from the year 2000 on. Words come out of
 * order, most of them by less than a second, one in a hundred by up to half a minute.
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
  private static final long READING_BEGINS_MS = 946_684_800_000L;
  private static final long MS_PER_WORD_READ = 100;

  private final Writer out;
  private final boolean timed;
  private final Random delays = new Random(1);

  private WordFeeder(Writer out, boolean timed) {
    this.out = out;
    this.timed = timed;
  }

  /**
   * Feeds until the file or the reader of the output ends.
   *
   * @param args a file, or {@code --endless} and how many words a second; {@code --timed} ahead
   */
  public static void main(String[] args) throws Exception {
    List<String> rest = new ArrayList<>(List.of(args));
    boolean timed = rest.remove("--timed");
    if (rest.size() == 1 && !rest.get(0).startsWith("--")) {
      // A reader made this way reads on after malformed bytes, which are no letters.
      try (Reader text =
          new BufferedReader(
              new InputStreamReader(
                  Files.newInputStream(Path.of(rest.get(0))), StandardCharsets.UTF_8))) {
        new WordFeeder(writer(System.out), timed).feed(text);
      }
    } else if (!rest.isEmpty() && rest.size() <= 2 && rest.get(0).equals("--endless")) {
      int wordsPerSecond = rest.size() == 2 ? Integer.parseInt(rest.get(1)) : 1_000;
      new WordFeeder(writer(System.out), timed).feedEndlessly(System.out, wordsPerSecond);
    } else {
      System.err.println(
          "Usage: WordFeeder [--timed] FILE | WordFeeder [--timed] --endless [WORDS_PER_SECOND]");
      System.exit(2);
    }
  }

  /** {@return a feeder of words} */
  static WordFeeder to(Writer out) {
    return new WordFeeder(out, false);
  }

  /** {@return a feeder of words with times} */
  static WordFeeder timed(Writer out) {
    return new WordFeeder(out, true);
  }

  /** Writes the words of a text. */
  void feed(Reader text) throws IOException {
    Words words = new Words(text);
    long timeMs = READING_BEGINS_MS;
    for (Optional<String> word = words.next(); word.isPresent(); word = words.next()) {
      write(word.get(), timeMs);
      timeMs += MS_PER_WORD_READ;
    }
    out.flush();
  }

  /** Writes random words, the first of the vocabulary more often, until nobody reads them. */
  private void feedEndlessly(PrintStream stdout, int wordsPerSecond)
      throws IOException, InterruptedException {
    Random random = new Random(1);
    long words = 0;
    long begun = System.nanoTime();
    long begunMs = System.currentTimeMillis();
    while (!stdout.checkError()) {
      long elapsed = System.nanoTime() - begun;
      long round = elapsed * ROUNDS_PER_SECOND / 1_000_000_000L;
      for (long due = (round + 1) * wordsPerSecond / ROUNDS_PER_SECOND; words < due; words++) {
        write(random(random), begunMs + elapsed / 1_000_000);
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
  private void write(String word, long nowMs) throws IOException {
    out.write("{\"word\":\"");
    out.write(word);
    out.write("\",\"count\":1");
    if (timed) {
      out.write(",\"time\":\"");
      out.write(Instant.ofEpochMilli(nowMs - delayMs()).toString());
      out.write('"');
    }
    out.write("}\n");
  }

  private long delayMs() {
    return delays.nextInt(delays.nextInt(100) == 0 ? 30_000 : 1_000);
  }

  private static Writer writer(PrintStream out) {
    return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
  }
}
