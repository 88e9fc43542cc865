package dev.millrace.chaos;

import dev.millrace.JobArguments;
import dev.millrace.JobDefinition;
import dev.millrace.Millrace;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.error.StateUnavailableException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What a child JVM runs: {@code CLASS key=value... -- job arguments}. It says {@code READY} when
 * the instance is at work, {@code FAILED ...} when it fails, and stops in good order at the end of
 * its standard input.
 *
 * <p>A line {@code NUMBER STORE MS KEY} there asks for the value of a key, which may be so old; it
 * says {@code ANSWER NUMBER JSON}, {@code NOTHING NUMBER}, or {@code REFUSED NUMBER REASON}, not
 * always in the order of the questions.
 */
final class ChildMain {

  private static final int ASKERS = 4;

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
    Thread stopper = new Thread(() -> obeyInput(running), "obey-input");
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

  private static void obeyInput(RunningJob running) {
    ExecutorService askers =
        Executors.newFixedThreadPool(
            ASKERS,
            task -> {
              Thread thread = new Thread(task, "asker");
              thread.setDaemon(true);
              return thread;
            });
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] question = line.split(" ", 4);
        askers.execute(() -> ask(running, question));
      }
    } catch (IOException e) {
      // As good as an end.
    }
    running.close();
  }

  private static void ask(RunningJob running, String[] question) {
    String number = question[0];
    String said;
    try {
      said =
          running
              .queryJson(question[1])
              .maxAge(Duration.ofMillis(Long.parseLong(question[2])))
              .get(question[3])
              .value()
              .map(json -> "ANSWER " + number + " " + json)
              .orElse("NOTHING " + number);
    } catch (StateUnavailableException e) {
      said = "REFUSED " + number + " " + e.reason();
    } catch (RuntimeException e) {
      said = "BROKEN " + number + " " + e;
    }
    System.out.println(said);
  }
}
