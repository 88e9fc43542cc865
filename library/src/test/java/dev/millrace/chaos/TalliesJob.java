package dev.millrace.chaos;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.testkit.Tally;

/**
 * Keeps in store {@code tallies} what it has read of each key, whose numbers count from 1, and puts
 * each committed count out: {@code --job --in --out}.
 */
public final class TalliesJob implements JobDefinition {

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
