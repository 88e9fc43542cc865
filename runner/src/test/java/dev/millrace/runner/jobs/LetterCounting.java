package dev.millrace.runner.jobs;

import dev.millrace.Job;
import dev.millrace.JobArguments;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import java.nio.file.Path;

/**
 * A {@link LetterCountJob} with names of its own on a broker, to be run in this JVM.
 *
 * @param name of the job
 * @param in the topic that it reads, of two partitions
 * @param job the job
 * @param broker where it runs
 */
public record LetterCounting(String name, String in, Job job, TestBroker broker) {

  /** {@return a job that nobody runs yet; its topics are there} */
  public static LetterCounting on(TestBroker broker) {
    String in = broker.createTopic(broker.uniqueName("lines"), 2);
    String out = broker.createTopic(broker.uniqueName("letters"), 1);
    String name = broker.uniqueName("letters");
    JobArguments arguments = JobArguments.of("--in", in, "--out", out, "--name", name);
    return new LetterCounting(name, in, new LetterCountJob().define(arguments), broker);
  }

  /** {@return the settings of an instance that reports often and has a server of its own} */
  public JobConfig config(Path stateDirectory) {
    return JobConfig.defaults()
        .with("bootstrap.servers", broker.bootstrapServers())
        .with("state.dir", stateDirectory.toString())
        .with("status.interval", "200ms")
        .with("http.address", "127.0.0.1:0");
  }
}
