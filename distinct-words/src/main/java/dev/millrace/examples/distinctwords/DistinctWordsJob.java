package dev.millrace.examples.distinctwords;

import dev.millrace.GroupedTable;
import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.KeyedStream;
import dev.millrace.Table;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.FileSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.connector.Sink;
import dev.millrace.error.ConfigurationException;
import java.time.Duration;
import java.util.Locale;

/**
 * The number of distinct words that have each count: an aggregate over an aggregate. A word that
 * occurs once more is one word fewer with the count that it had, so the second table takes back
 * what the first one takes back.
 *
 * <p>Arguments: {@code --topic} (words), {@code --name} of the job (distinct-words). The changes of
 * the table are printed, or written as JSON, a {@link CountChange} each: with {@code --output DIR}
 * to files there, of which each takes up what changes within {@code --publish-every} (1m); with
 * {@code --output-topic TOPIC} to a Kafka topic. {@code --tasks} sets how many tasks each of the
 * tables has.
 */
public final class DistinctWordsJob implements JobDefinition {

  record WordCount(String word, long count) {}

  @Override
  public Job define(JobArguments args) {
    Job job = Job.named(args.text("name", "distinct-words"));
    KeyedStream<String, WordCount> words =
        job.source(KafkaSource.json(args.text("topic", "words"), WordCount.class))
            .keyBy(w -> w.word().toLowerCase(Locale.ROOT));
    Table<String, Long> counts = words.sum(WordCount::count);
    GroupedTable<Long, Long> groups = counts.groupBy((word, count) -> count);
    Table<Long, Long> wordsPerCount = groups.count();
    if (args.has("tasks")) {
      int tasks = Math.toIntExact(args.number("tasks", 1));
      words.parallelism(tasks);
      groups.parallelism(tasks);
    }
    wordsPerCount.changes().map(CountChange::of).to(sink(args));
    return job;
  }

  private static Sink<CountChange> sink(JobArguments args) {
    if (args.has("output") && args.has("output-topic")) {
      throw new ConfigurationException(
          "Cannot write changes to a directory and to a topic. Leave out --output or"
              + " --output-topic");
    }
    if (args.has("output")) {
      return FileSink.<CountChange>jsonLines(args.path("output"))
          .rollEvery(args.duration("publish-every", Duration.ofMinutes(1)));
    }
    return args.has("output-topic")
        ? KafkaSink.json(args.text("output-topic"))
        : ConsoleSink.lines();
  }
}
