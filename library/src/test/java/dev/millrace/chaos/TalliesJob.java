package dev.millrace.chaos;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;

/**
 * Keeps in store {@code tallies} what it has read of each key, whose numbers count from 1, and puts
 * each committed count out: {@code --job --in --out}.
 */
public final class TalliesJob implements JobDefinition {

  /** The fold of the records of a key: {@code key:number}. */
  public record Tally(String key, long count, long last, long sum) {

    static Tally of(String text) {
      int colon = text.indexOf(':');
      long number = Long.parseLong(text.substring(colon + 1));
      return new Tally(text.substring(0, colon), 1, number, number);
    }

    Tally with(Tally other) {
      return new Tally(key, count + other.count, Math.max(last, other.last), sum + other.sum);
    }
  }

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("job"));
    job.source(KafkaSource.strings(arguments.text("in")))
        .map(Tally::of)
        .keyBy(Tally::key)
        .parallelism(4)
        .reduce(Tally::with)
        .name("tallies")
        .mapValues(Tally::count)
        .to(KafkaSink.upsert(arguments.text("out")));
    return job;
  }
}
