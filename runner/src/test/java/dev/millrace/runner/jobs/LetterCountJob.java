package dev.millrace.runner.jobs;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;

/** Counts lines by their first letter. */
public final class LetterCountJob implements JobDefinition {

  /** Made by the runner. */
  public LetterCountJob() {}

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("name", "letters"));
    job.source(KafkaSource.strings(arguments.text("in", "lines")))
        .filter(line -> !line.isEmpty())
        .keyBy(line -> line.substring(0, 1))
        .parallelism((int) arguments.number("tasks", 4))
        .count()
        .to(KafkaSink.upsert(arguments.text("out", "letters")));
    return job;
  }
}
