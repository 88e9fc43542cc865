package dev.millrace.runner.http;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.MillraceException;
import dev.millrace.error.MissingRightException;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.JobOrder;
import dev.millrace.runner.host.KafkaSilentException;
import dev.millrace.runner.host.NoStatusException;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.http.Router.Access;
import dev.millrace.runner.peer.Peers;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The list of all pages. */
final class Pages implements AutoCloseable {

  private static final Set<String> NONE = Set.of();
  private static final String JOB = "/api/v1/jobs/{job}";

  private static final Set<String> INSTANCE = Set.of("instance");

  private final Router router;
  private final EventStreams events;

  private Pages(Router router, EventStreams events) {
    this.router = router;
    this.events = events;
  }

  /** {@return the pages about a job} */
  static Pages of(HostedJob job, Peers peers) {
    Others others = new Others(job, peers);
    InstancePages instance = new InstancePages(job, others);
    JobPages jobs = new JobPages(job, others);
    ProcessPages process = new ProcessPages(job, others);
    MetricsPage metrics = new MetricsPage(job);
    TopicPages topics = new TopicPages(job);
    EventStreams events = new EventStreams(jobs::event);
    PipelinePages pipelines = new PipelinePages(job, jobs);
    OrderPages orders = new OrderPages(job);
    StatePages state = new StatePages(job, others);
    Router router =
        new Router()
            .get("/livez", Access.OPEN, NONE, instance::live)
            .get("/readyz", Access.OPEN, NONE, instance::ready)
            .get("/health", Access.TOKEN, NONE, instance::health)
            .get(InstancePages.STATUS, Access.TOKEN, INSTANCE, instance::status)
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
            .get(JOB + "/instances", Access.TOKEN, NONE, jobs::instances)
            .get(JOB + "/events", Access.TOKEN, NONE, request -> events(job, events, request))
            .get(
                JOB + "/dead-letters",
                Access.TOKEN,
                Set.of("partition", "before", "limit"),
                new DeadLetterPage(job)::letters)
            .get(JOB + "/state", Access.TOKEN, NONE, state::stores)
            .get(JOB + "/state/{store}", Access.TOKEN, StateQuestion.PARAMETERS, state::rows)
            .get(JOB + "/windows", Access.TOKEN, NONE, new WindowPage(job, others)::windows)
            .get(
                "/api/v1/analytics/{store}",
                Access.TOKEN,
                AnalyticsPage.PARAMETERS,
                new AnalyticsPage(job, state)::sums)
            .get("/pipelines", Access.TOKEN, NONE, pipelines::list)
            .get("/pipelines/{job}/stats", Access.TOKEN, NONE, pipelines::stats)
            .get(JOB + "/config", Access.TOKEN, INSTANCE, process::config)
            .get(JOB + "/threads", Access.TOKEN, Set.of("depth", "instance"), process::threads)
            .get(JOB + "/exceptions", Access.TOKEN, NONE, process::exceptions)
            .get(
                JOB + "/topics/{topic}/records",
                Access.TOKEN,
                Set.of("limit", "partition"),
                topics::records)
            .post(JOB + "/pause", orders.of(JobOrder.PAUSE))
            .post(JOB + "/resume", orders.of(JobOrder.RESUME))
            .post(JOB + "/stop", orders.of(JobOrder.STOP))
            .post(JOB + "/start", orders.of(JobOrder.START))
            .post(JOB + "/checkpoint", new CheckpointPage(job, others)::take)
            .post(JOB + "/sources/{source}/pause", orders.of(JobOrder.PAUSE))
            .post(JOB + "/sources/{source}/resume", orders.of(JobOrder.RESUME))
            // A source is a part of its job, without a process that could end: not to be read is
            // all that a stop of it can mean, and the answer calls it a pause.
            .post(JOB + "/sources/{source}/stop", orders.of(JobOrder.PAUSE))
            .post(JOB + "/sources/{source}/start", orders.of(JobOrder.RESUME));
    return new Pages(router, events);
  }

  private static Answer events(HostedJob job, EventStreams events, Request request) {
    checkJob(job, request);
    return events.open();
  }

  /** {@return the table of them} */
  Router router() {
    return router;
  }

  /** Ends what goes on writing. */
  @Override
  public void close() {
    events.close();
  }

  /** {@return the job's status}, or throws the problem that there is none */
  static SeenStatus status(HostedJob job) {
    try {
      return job.status();
    } catch (NoStatusException e) {
      throw Problem.unavailable(String.valueOf(e.getMessage()));
    }
  }

  /** A request to Kafka. */
  interface OfKafka<T> {

    T get() throws KafkaSilentException;
  }

  /** {@return what Kafka answers}, or throws the problem that it does not, or refuses */
  static <T> T ofKafka(OfKafka<T> asked) {
    try {
      return asked.get();
    } catch (ConfigurationException e) {
      throw Problem.notFound(String.valueOf(e.getMessage()));
    } catch (MissingRightException e) {
      throw Problem.forbidden(String.valueOf(e.getMessage()));
    } catch (KafkaSilentException | MillraceException e) {
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
