package dev.millrace.internal.admin;

import dev.millrace.admin.DeletionPlan;
import dev.millrace.admin.Eviction;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobSummary;
import dev.millrace.admin.LetterFilter;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.admin.ReplayPlan;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.admin.ReplayResult;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.StoredLetter;
import dev.millrace.config.JobConfig;
import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.Cluster;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.kafka.TopicState;
import dev.millrace.internal.util.Clock;
import dev.millrace.internal.util.SystemClock;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The operations on jobs as a whole, over one connection to their cluster.
 *
 * <p>Each call has {@link CallClients} of its own, so that calls do not see each other; those that
 * delete or move what a job has follow one another.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class Administration implements AutoCloseable {

  private final KafkaClients clients;
  private final JobConfig config;
  private final Clock clock;
  private final ReentrantLock changes = new ReentrantLock();
  private final Set<CallClients> running = new HashSet<>();
  private boolean closed;

  private Administration(KafkaClients clients, JobConfig config, Clock clock) {
    this.clients = clients;
    this.config = config;
    this.clock = clock;
  }

  /** {@return the operations in the cluster that the settings name; nothing is sent yet} */
  public static Administration connect(JobConfig config) {
    return through(Cluster.connect(config).clients(), config, SystemClock.INSTANCE);
  }

  /** {@return the operations in the cluster that these clients reach; it closes them} */
  static Administration through(KafkaClients clients, JobConfig config, Clock clock) {
    return new Administration(clients, config, clock);
  }

  /** {@return all jobs} */
  public List<JobSummary> jobs() {
    return call("list the jobs", Place.UNKNOWN, cluster -> new JobInspector(cluster, clock).jobs());
  }

  /** {@return the status of a job} */
  public JobStatus status(String job) {
    return call(
        "find out how job '" + job + "' is doing",
        Place.ofJob(job),
        cluster -> new JobInspector(cluster, clock).status(job));
  }

  /** {@return the plan of a reset, which shows what it would do} */
  public ResetPlan planReset(String job, ResetRequest request) {
    return call(
        "plan a reset of job '" + job + "'",
        Place.ofJob(job),
        cluster -> new JobReset(cluster, job, clock).plan(request));
  }

  /** Executes a planned reset. */
  public void reset(ResetPlan plan) {
    Boolean ignored =
        change(
            "reset job '" + plan.job() + "'",
            Place.ofJob(plan.job()),
            cluster -> {
              new JobReset(cluster, plan.job(), clock).execute(plan);
              return Boolean.TRUE;
            });
  }

  /** {@return the plan of a deletion, which shows what it would delete} */
  public DeletionPlan planDeletion(String job) {
    return call(
        "plan the deletion of job '" + job + "'",
        Place.ofJob(job),
        cluster -> new JobDeletion(cluster, job, clock).plan());
  }

  /** Executes a planned deletion. */
  public void delete(DeletionPlan plan) {
    Boolean ignored =
        change(
            "delete job '" + plan.job() + "'",
            Place.ofJob(plan.job()),
            cluster -> {
              new JobDeletion(cluster, plan.job(), clock).execute(plan);
              return Boolean.TRUE;
            });
  }

  /** Removes what is left of an instance that is dead from the job's groups and transactions. */
  public Eviction evict(String job, String instance) {
    return call(
        "evict instance " + instance + " of job '" + job + "'",
        Place.ofJob(job),
        cluster -> new JobEviction(cluster, job).execute(instance));
  }

  /** Orders the instances not to read a source of the job, or any. */
  public void pause(String job, Optional<String> source) {
    order("pause", job, orders -> orders.pause(source));
  }

  /** Takes the order of a pause back. */
  public void resume(String job, Optional<String> source) {
    order("resume", job, orders -> orders.resume(source));
  }

  /** Orders the instances to end their work. */
  public void stop(String job) {
    order("stop", job, orders -> orders.stop());
  }

  /** Takes the order to stop back. */
  public void start(String job) {
    order("start", job, orders -> orders.start());
  }

  private void order(String verb, String job, Consumer<JobOrders> order) {
    Boolean ignored =
        call(
            verb + " job '" + job + "'",
            Place.ofJob(job),
            cluster -> {
              order.accept(new JobOrders(cluster, job));
              return Boolean.TRUE;
            });
  }

  /** Reads the dead letters of a job that a filter takes until the reader has had enough. */
  public void letters(String job, LetterFilter filter, Predicate<StoredLetter> reader) {
    Boolean ignored =
        call(
            "list the dead letters of job '" + job + "'",
            Place.ofJob(job),
            cluster -> {
              new JobReplay(cluster, job).list(filter, reader);
              return Boolean.TRUE;
            });
  }

  /** {@return the plan of a replay of dead letters, which shows what it would do} */
  public ReplayPlan planReplay(String job, ReplayRequest request) {
    return call(
        "plan a replay of the dead letters of job '" + job + "'",
        Place.ofJob(job),
        cluster -> new JobReplay(cluster, job).plan(request));
  }

  /** Executes a planned replay. */
  public ReplayResult replay(ReplayPlan plan) {
    return change(
        "replay the dead letters of job '" + plan.job() + "'",
        Place.ofJob(plan.job()),
        cluster -> new JobReplay(cluster, plan.job()).execute(plan.request()));
  }

  /** Reads records in a readable form until the reader has had enough. */
  public void peek(String topic, PeekRequest request, Predicate<PeekedRecord> reader) {
    Boolean ignored =
        call(
            "peek into topic " + topic,
            Place.ofTopic(topic),
            cluster -> {
              new TopicPeek(cluster, topic).read(request, reader);
              return Boolean.TRUE;
            });
  }

  /** {@return the number of partitions of a topic; empty if there is no such topic} */
  public OptionalInt partitions(String topic) {
    return call(
        "look up topic " + topic,
        Place.ofTopic(topic),
        cluster -> {
          TopicState state = cluster.topics().describe(List.of(topic)).get(topic);
          return state == null ? OptionalInt.empty() : OptionalInt.of(state.partitions());
        });
  }

  /** Creates topics with the broker's defaults unless they exist; returns those it created. */
  public List<String> createMissingTopics(Collection<String> topics, int partitions) {
    return call(
        "create topics " + topics,
        Place.UNKNOWN,
        cluster -> cluster.topics().createMissing(topics, partitions));
  }

  /** Makes a call after those of its kind that have begun. */
  private <T> T change(String action, Place place, Function<Cluster, T> body) {
    changes.lock();
    try {
      return call(action, place, body);
    } finally {
      changes.unlock();
    }
  }

  /**
   * Makes a call.
   *
   * @param action what it does, to follow "Cannot "
   * @param place what is added to the place of a failure
   */
  private <T> T call(String action, Place place, Function<Cluster, T> body) {
    CallClients own = begin(action, place);
    try {
      return body.apply(Cluster.through(own, config, clock));
    } catch (RuntimeException e) {
      if (isClosed()) {
        // The error is of no interest: it is whatever a client of Kafka reports that goes away.
        throw closed(action, place, e);
      }
      RuntimeException error = KafkaErrors.explained(e, action, config);
      throw error instanceof MillraceException known ? known.within(place) : error;
    } finally {
      end(own);
    }
  }

  private synchronized CallClients begin(String action, Place place) {
    if (closed) {
      throw closed(action, place, null);
    }
    CallClients own = new CallClients(clients);
    running.add(own);
    return own;
  }

  private synchronized void end(CallClients own) {
    running.remove(own);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private static MillraceException closed(
      String action, Place place, @Nullable RuntimeException cause) {
    return new MillraceException(
        "Cannot "
            + action
            + ": the administration was closed"
            + (cause == null ? "" : " before the call had ended")
            + ". Connect again, and repeat it",
        place,
        cause);
  }

  /** Lets running calls fail, does not wait for them, and closes the connections. */
  @Override
  public void close() {
    List<CallClients> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(running);
    }
    left.forEach(CallClients::end);
    clients.close();
  }
}
