package dev.millrace.runner.http;

import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.NoStatusException;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.http.Router.Access;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The list of all pages. */
final class Pages {

  private static final Set<String> NONE = Set.of();
  private static final String JOB = "/api/v1/jobs/{job}";

  private Pages() {}

  /** {@return the pages about a job} */
  static Router of(HostedJob job) {
    InstancePages instance = new InstancePages(job);
    JobPages jobs = new JobPages(job);
    ProcessPages process = new ProcessPages(job);
    MetricsPage metrics = new MetricsPage(job);
    TopicPages topics = new TopicPages(job);
    return new Router()
        .get("/livez", Access.OPEN, NONE, instance::live)
        .get("/readyz", Access.OPEN, NONE, instance::ready)
        .get("/health", Access.TOKEN, NONE, instance::health)
        .get("/status", Access.TOKEN, NONE, instance::status)
        .get("/metrics", Access.TOKEN, NONE, metrics::metrics)
        .get("/api/v1/jobs", Access.TOKEN, NONE, jobs::list)
        .get(JOB, Access.TOKEN, NONE, jobs::job)
        .get(JOB + "/plan", Access.TOKEN, NONE, jobs::plan)
        .get(JOB + "/stages", Access.TOKEN, NONE, jobs::stages)
        .get(
            JOB + "/partitions",
            Access.TOKEN,
            Set.of("stage", "topic", "partition"),
            jobs::partitions)
        .get(JOB + "/watermarks", Access.TOKEN, NONE, jobs::watermarks)
        .get(JOB + "/config", Access.TOKEN, NONE, process::config)
        .get(JOB + "/threads", Access.TOKEN, Set.of("depth"), process::threads)
        .get(JOB + "/exceptions", Access.TOKEN, NONE, process::exceptions)
        .get(
            JOB + "/topics/{topic}/records",
            Access.TOKEN,
            Set.of("limit", "partition"),
            topics::records);
  }

  /** {@return the job's status}, or throws the problem that there is none */
  static SeenStatus status(HostedJob job) {
    try {
      return job.status();
    } catch (NoStatusException e) {
      throw Problem.unavailable(String.valueOf(e.getMessage()));
    }
  }

  /** Refuses a path that names another job than the one that runs here. */
  static void checkJob(HostedJob job, Request request) {
    if (!request.name("job").equals(job.name())) {
      throw Problem.notFound(
          "Cannot show job '"
              + request.name("job")
              + "': this instance runs job '"
              + job.name()
              + "'. Ask an instance of that job");
    }
  }

  /** {@return a rate with one decimal; null if there is none} */
  static @Nullable Double rate(OptionalDouble perSecond) {
    return perSecond.isEmpty() ? null : Math.round(perSecond.getAsDouble() * 10) / 10.0;
  }

  /** {@return the value, or null if there is none, as JSON has it} */
  static <T> @Nullable T orNull(Optional<T> value) {
    return value.orElse(null);
  }
}
