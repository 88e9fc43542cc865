package dev.millrace.runner.cli;

import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.runner.http.AskedInstance;
import dev.millrace.runner.output.Terminal;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Asks the instances of a job for its state: any of them answers for all, so one after the other is
 * tried until one does. While tasks move it asks again, for ten seconds.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class StateClient {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final int OK = 200;
  private static final int MISDIRECTED = 421;

  /** An instance, with its name if that is known. */
  private record Target(AskedInstance asked, Optional<String> name) {}

  private final String job;
  private final List<Target> targets;

  private StateClient(String job, List<Target> targets) {
    this.job = job;
    this.targets = targets;
  }

  /**
   * {@return a client}
   *
   * @param http the only instance to ask; empty for those that the job's status names
   */
  static StateClient of(String job, Optional<String> http, JobConfig config, Terminal terminal) {
    if (http.isPresent()) {
      return new StateClient(
          job, List.of(new Target(AskedInstance.at(http.get(), config), Optional.empty())));
    }
    JobStatus status = ClusterQuestion.ask(terminal, config, admin -> admin.status(job));
    List<Target> targets = new ArrayList<>();
    status.aliveInstances().stream()
        .sorted(Comparator.comparing(JobStatus.Instance::id))
        .forEach(
            instance ->
                instance
                    .http()
                    .ifPresent(
                        address ->
                            targets.add(
                                new Target(
                                    AskedInstance.at(address, config),
                                    Optional.of(instance.id())))));
    return new StateClient(job, targets);
  }

  /**
   * {@return the answer}
   *
   * @param path what follows the path of the job's state
   * @throws ConfigurationException if the question is wrong, or may not be asked
   * @throws NoAnswerException if nobody answers it now
   */
  JsonNode ask(String path, Map<String, String> query)
      throws NoAnswerException, InterruptedException {
    if (targets.isEmpty()) {
      throw new NoAnswerException(
          "Cannot ask job '"
              + job
              + "' for its state: no instance is alive that serves HTTP. Start one, without"
              + " --http off");
    }
    String whole = "/api/v1/jobs/" + encoded(job) + "/state" + path(path) + query(query);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      String reason = "";
      for (Target target : targets) {
        try {
          AskedInstance.Reply reply = target.asked().get(whole, target.name());
          if (reply.status() == OK) {
            return reply.body();
          }
          reason = detail(reply);
          if (reply.status() < 500 && reply.status() != MISDIRECTED) {
            throw new ConfigurationException(reason);
          }
        } catch (IOException e) {
          String message = e.getMessage() == null ? e.toString() : e.getMessage();
          reason = "Cannot ask the instance at " + target.asked() + ": " + message;
        }
      }
      if (System.nanoTime() >= end) {
        throw new NoAnswerException(reason);
      }
      Thread.sleep(PAUSE.toMillis());
    }
  }

  private static String detail(AskedInstance.Reply reply) {
    return reply.body().path("detail").asString("The instance answers " + reply.status());
  }

  private static String path(String path) {
    return path.isEmpty() ? "" : "/" + encoded(path.substring(1));
  }

  private static String query(Map<String, String> query) {
    return query.isEmpty()
        ? ""
        : query.entrySet().stream()
            .map(each -> each.getKey() + "=" + encoded(each.getValue()))
            .collect(Collectors.joining("&", "?", ""));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
