package dev.millrace.examples.distinctwords;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.Table;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import java.util.Locale;

/**
 * How often each word has occurred, as a table and its changes. The question the example is named
 * after, how many words have each count, needs this table grouped by count, with what a word leaves
 * behind taken back; that is not there yet.
 *
 * <p>Arguments: {@code --topic} (words), {@code --output TOPIC} for the latest count per word in a
 * Kafka topic instead of changes on the console, {@code --name} of the job (distinct-words).
 */
public final class DistinctWordsJob implements JobDefinition {

  record WordCount(String word, long count) {}

  @Override
  public Job define(JobArguments args) {
    Job job = Job.named(args.text("name", "distinct-words"));
    Table<String, Long> perWord =
        job.source(KafkaSource.json(args.text("topic", "words"), WordCount.class))
            .keyBy(w -> w.word().toLowerCase(Locale.ROOT))
            .sum(WordCount::count);
    if (args.has("output")) {
      perWord.to(KafkaSink.upsert(args.text("output")));
    } else {
      perWord.changes().to(ConsoleSink.lines());
    }
    return job;
  }
}
