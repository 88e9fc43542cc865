package dev.millrace.examples.wordcount;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.Sink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.window.Windows;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * Counts words per window of time.
 *
 * <p>Arguments: {@code --topic} (words), {@code --window} (5m), {@code --output DIR} for JSON lines
 * in files instead of text on the console, {@code --name} of the job (wordcount), {@code --time
 * processing|event} (processing); those of {@link EventTimeCount} with event time.
 */
public final class WordCountJob implements JobDefinition {

  record WordCount(String word, long count) {
    WordCount plus(WordCount other) {
      return new WordCount(word, count + other.count);
    }
  }

  record Count(String word, Instant windowStart, Instant windowEnd, long count) {
    @Override
    public String toString() {
      return windowStart + " to " + windowEnd + "  " + count + "  " + word;
    }
  }

  @Override
  public Job define(JobArguments args) {
    Job job = Job.named(args.text("name", "wordcount"));
    switch (args.text("time", "processing")) {
      case "processing" -> countByTheClock(job, args);
      case "event" -> EventTimeCount.of(args).addTo(job);
      default ->
          throw new ConfigurationException(
              "Cannot count words by --time "
                  + args.text("time")
                  + ": there are 'processing' and 'event'");
    }
    return job;
  }

  private static void countByTheClock(Job job, JobArguments args) {
    if (args.has("lateness") || args.has("bound")) {
      throw new ConfigurationException(
          "Cannot count words with --lateness or --bound by the clock, to which nothing is late."
              + " Add --time event");
    }
    job.source(KafkaSource.json(args.text("topic", "words"), WordCount.class))
        .map(w -> new WordCount(w.word().toLowerCase(Locale.ROOT), w.count()))
        .keyBy(WordCount::word)
        .window(Windows.tumbling(args.duration("window", Duration.ofMinutes(5))))
        .reduce(WordCount::plus)
        .map(r -> new Count(r.key(), r.window().start(), r.window().end(), r.value().count()))
        .to(sink(args));
  }

  private static Sink<Count> sink(JobArguments args) {
    return args.has("output") ? FileSink.jsonLines(args.path("output")) : ConsoleSink.lines();
  }
}
