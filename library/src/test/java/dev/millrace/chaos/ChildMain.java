package dev.millrace.chaos;

import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a child JVM runs: {@code CLASS key=value... -- job arguments}. It says {@code READY} when
 * the instance is at work, {@code FAILED ...} when it fails, and stops in good order at the end of
 * its standard input.
 */
final class ChildMain {

  private ChildMain() {}

  public static void main(String[] args) throws Exception {
    JobConfig config = JobConfig.defaults();
    List<String> jobArguments = new ArrayList<>();
    boolean ofJob = false;
    for (String arg : List.of(args).subList(1, args.length)) {
      if (ofJob) {
        jobArguments.add(arg);
      } else if (arg.equals("--")) {
        ofJob = true;
      } else {
        int equals = arg.indexOf('=');
        config = config.with(arg.substring(0, equals), arg.substring(equals + 1));
      }
    }
    JobDefinition definition =
        (JobDefinition) Class.forName(args[0]).getDeclaredConstructor().newInstance();
    RunningJob running =
        Millrace.start(
            definition.define(JobArguments.of(jobArguments.toArray(new String[0]))), config);
    System.out.println("READY");
    Thread stopper = new Thread(() -> awaitEndOfInput(running), "stop-at-end-of-input");
    stopper.setDaemon(true);
    stopper.start();
    while (!running.awaitTermination(Duration.ofMinutes(5))) {
      // Its parent decides how long it lives.
    }
    running.close();
    System.out.println("METRICS " + running.metrics());
    System.out.println(
        running.failure().map(cause -> "FAILED " + cause).orElse("STOPPED " + running.state()));
    System.out.flush();
    Runtime.getRuntime().halt(running.failure().isPresent() ? 1 : 0);
  }

  private static void awaitEndOfInput(RunningJob running) {
    try {
      while (System.in.read() >= 0) {
        // Only the end counts.
      }
    } catch (IOException e) {
      // As good as an end.
    }
    running.close();
  }
}
