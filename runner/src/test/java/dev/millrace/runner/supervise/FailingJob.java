package dev.millrace.runner.supervise;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;

/** Fails on its first record. */
public final class FailingJob implements JobDefinition {

  /** Made by the runner. */
  public FailingJob() {}

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("name"));
    job.source(KafkaSource.strings(arguments.text("in")))
        .map(String.class, FailingJob::fail)
        .to(KafkaSink.strings(arguments.text("out")));
    return job;
  }

  private static String fail(String line) {
    throw new IllegalStateException("no luck with " + line);
  }
}
