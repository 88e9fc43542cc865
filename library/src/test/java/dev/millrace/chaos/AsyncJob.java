package dev.millrace.chaos;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.faults.HttpCalls;
import dev.millrace.function.Async;
import java.time.Duration;

/** Asks a server about each line of a topic: {@code --job --in --out --url}. */
public final class AsyncJob implements JobDefinition {

  @Override
  public Job define(JobArguments arguments) {
    String url = arguments.text("url");
    Job job = Job.named(arguments.text("job"));
    job.source(KafkaSource.strings(arguments.text("in")))
        .mapAsync(
            String.class,
            line -> HttpCalls.get(url + line),
            Async.inFlight(16).timeout(Duration.ofSeconds(1)).retries(3, Duration.ofMillis(20)))
        .to(KafkaSink.<String>strings(arguments.text("out")).key(line -> line.substring(0, 1)));
    return job;
  }
}
