package dev.millrace.examples.wordcount;

import dev.millrace.DataStream;
import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.Table;
import dev.millrace.WindowedStream;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaRecord;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.Sink;
import dev.millrace.examples.wordcount.WordCountJob.Count;
import dev.millrace.output.OutputTag;
import dev.millrace.table.Change;
import dev.millrace.time.Watermarks;
import dev.millrace.window.Late;
import dev.millrace.window.WindowResult;
import dev.millrace.window.Windowed;
import dev.millrace.window.Windows;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Counts words by the time at which they were spoken: a record's {@code time}, or its Kafka
 * timestamp where it has none.
 *
 * <p>Arguments: {@code --bound} (2s), how far out of order words may come; {@code --lateness} (0s),
 * how long a closed window can still be corrected. With a lateness the counts are changes of a
 * table: a correction takes back the count before it. Words that come later still are not counted;
 * they go to the console, or to the directory {@code late} in that of the counts.
 *
 * @param topic where the words are
 * @param window how long a window is
 * @param bound how far out of order words may come
 * @param lateness how long a closed window can be corrected
 * @param output the directory of the counts, or empty for the console
 */
record EventTimeCount(
    String topic, Duration window, Duration bound, Duration lateness, Optional<Path> output) {

  private static final OutputTag<Late<TimedWord>> LATE = Late.tag("late-words", TimedWord.class);

  /** Words typed by hand may all go into one partition; the others must not hold time back. */
  private static final Duration IDLE = Duration.ofSeconds(5);

  record TimedWord(String word, long count, @Nullable Instant time) {

    static TimedWord of(KafkaRecord<byte[], TimedWord> record) {
      TimedWord word = record.value();
      return new TimedWord(word.word.toLowerCase(Locale.ROOT), word.count, timeOf(record));
    }

    static Instant timeOf(KafkaRecord<byte[], TimedWord> record) {
      Instant time = record.value().time;
      return time == null ? record.timestamp() : time;
    }
  }

  /** A count that is emitted, or taken back because another one follows. */
  record Revision(
      Change.Kind change, String word, Instant windowStart, Instant windowEnd, long count) {

    static Revision of(Change<Windowed<String>, Long> change) {
      Windowed<String> key = change.key();
      return new Revision(
          change.kind(), key.key(), key.window().start(), key.window().end(), change.value());
    }

    @Override
    public String toString() {
      String sign = change == Change.Kind.INSERT ? "" : change.retracts() ? "- " : "+ ";
      return sign + new Count(word, windowStart, windowEnd, count);
    }
  }

  /** A word that came too late to be counted. */
  record LateWord(String word, Instant time, long count) {

    static LateWord of(Late<TimedWord> late) {
      return new LateWord(late.value().word(), late.time(), late.value().count());
    }

    @Override
    public String toString() {
      return "late: " + time + "  " + count + "  " + word;
    }
  }

  static EventTimeCount of(JobArguments args) {
    return new EventTimeCount(
        args.text("topic", "words"),
        args.duration("window", Duration.ofMinutes(5)),
        args.duration("bound", Duration.ofSeconds(2)),
        args.duration("lateness", Duration.ZERO),
        args.has("output") ? Optional.of(args.path("output")) : Optional.empty());
  }

  void addTo(Job job) {
    WindowedStream<String, TimedWord> windows =
        job.source(
                KafkaSource.json(topic, TimedWord.class)
                    .records()
                    .eventTime(TimedWord::timeOf)
                    .watermarks(Watermarks.boundedOutOfOrderness(bound).idleness(IDLE)))
            .map(TimedWord::of)
            .keyBy(TimedWord::word)
            .window(Windows.tumbling(window).inEventTime())
            .lateTo(LATE);
    DataStream<Late<TimedWord>> late = lateness.isZero() ? count(windows) : revise(windows);
    late.map(LateWord::of).to(sink(output.map(directory -> directory.resolve("late"))));
  }

  /** One count for each word and window; returns what is late for it. */
  private DataStream<Late<TimedWord>> count(WindowedStream<String, TimedWord> windows) {
    DataStream<WindowResult<String, Long>> counts = windows.sum(TimedWord::count);
    counts
        .map(r -> new Count(r.key(), r.window().start(), r.window().end(), r.value()))
        .to(sink(output));
    return counts.sideOutput(LATE);
  }

  /** Counts with corrections; returns what is late for those, too. */
  private DataStream<Late<TimedWord>> revise(WindowedStream<String, TimedWord> windows) {
    Table<Windowed<String>, Long> counts = windows.allowedLateness(lateness).sum(TimedWord::count);
    counts.changes().map(Revision::of).to(sink(output));
    return counts.sideOutput(LATE);
  }

  private static <T> Sink<T> sink(Optional<Path> directory) {
    return directory.isPresent() ? FileSink.jsonLines(directory.get()) : ConsoleSink.lines();
  }
}
