package dev.millrace.runner.http;

import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.JobOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pages that order something of a job: all its instances obey within a few seconds, and those
 * that are started later too.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class OrderPages {

  private static final int ACCEPTED = 202;

  /** An order that is durable; {@code source} is null if it is for the whole job. */
  private record Given(String job, @Nullable String source, JobOrder order) {}

  private final HostedJob job;

  OrderPages(HostedJob job) {
    this.job = job;
  }

  /** {@return the page that gives an order, to the source that the path names if it names one} */
  Router.Page of(JobOrder order) {
    return request -> give(order, request);
  }

  private Answer give(JobOrder order, Request request) {
    Pages.checkJob(job, request);
    Optional<String> source = Optional.ofNullable(request.path().get("source"));
    JobOrder ignored =
        Pages.ofKafka(
            () -> {
              job.order(order, source);
              return order;
            });
    return Answer.json(ACCEPTED, Answer.JSON, new Given(job.name(), source.orElse(null), order));
  }
}
