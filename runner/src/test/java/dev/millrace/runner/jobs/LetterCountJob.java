package dev.millrace.runner.jobs;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.KeyedStream;
import dev.millrace.connector.ConsoleSink;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.window.Windows;
import java.time.Duration;

/** Counts lines by their first letter; with {@code --windows 1} also within each hour. */
public final class LetterCountJob implements JobDefinition {

  /** Made by the runner. */
  public LetterCountJob() {}

  @Override
  public Job define(JobArguments arguments) {
    Job job = Job.named(arguments.text("name", "letters"));
    KeyedStream<String, String> lines =
        job.source(KafkaSource.strings(arguments.text("in", "lines")))
            .filter(line -> !line.isEmpty())
            .keyBy(line -> line.substring(0, 1))
            .parallelism((int) arguments.number("tasks", 4));
    lines.count().to(KafkaSink.upsert(arguments.text("out", "letters")));
    if (arguments.number("windows", 0) == 1) {
      lines
          .window(Windows.tumbling(Duration.ofHours(1)))
          .count()
          .name("hourly")
          .to(ConsoleSink.lines());
    }
    return job;
  }
}
