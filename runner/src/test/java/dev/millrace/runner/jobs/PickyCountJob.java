package dev.millrace.runner.jobs;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;

/** Counts lines, of which it makes dead letters if they begin with a mark, until it is mended. */
public final class PickyCountJob implements JobDefinition {

  /** Made by the runner. */
  public PickyCountJob() {}

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("name", "picky"));
    boolean mended = arguments.number("mended", 0) == 1;
    job.source(KafkaSource.strings(arguments.text("in", "lines")))
        .map(line -> mended ? line : checked(line))
        .onError(ErrorPolicy.deadLetter())
        .keyBy(line -> line)
        .parallelism(2)
        .count()
        .to(KafkaSink.upsert(arguments.text("out", "counts")));
    return job;
  }

  private static String checked(String line) {
    if (line.startsWith("!")) {
      throw new IllegalStateException("Cannot take " + line);
    }
    if (line.startsWith("?")) {
      throw new IllegalArgumentException("Cannot make anything of " + line);
    }
    return line;
  }
}
