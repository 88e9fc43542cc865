package dev.millrace.runner.peer;

import dev.millrace.admin.JobStatus;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The other instances of a job, which can be asked by HTTP for what only they know.
 *
 * <p><b>Contract.</b> Returns within the patience of the request. An instance counts as another one
 * if it is alive by its last report and is not this one. Each question names the instance that it
 * is for, so that nobody else answers it who has come to have its address. A question that was
 * itself {@link #FORWARDED} must not be asked on: callers see to that.
 *
 * <p>So few may wait for others at a time that threads are left which answer the others: instances
 * that ask each other never wait in a circle.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits. Nothing is opened before the first
 * question.
 */
public final class Peers {

  /** The header that names the instance which passes a request on. */
  public static final String FORWARDED = "Millrace-Forwarded";

  /** The header that names the instance which a request is for. */
  public static final String TO = "Millrace-To";

  /** The header that no form of a browser can send; requests that write need it. */
  public static final String WRITES = "X-Requested-With";

  private static final Duration CONNECT = Duration.ofSeconds(1);
  private static final int MOST_BYTES = 16 << 20;
  private static final int MOST_WAITING = 16;
  private static final int MOST_UNDER_WAY = 32;
  private static final int OK = 200;

  private final Supplier<Optional<String>> self;
  private final Optional<SSLContext> tls;
  private final Semaphore waiting = new Semaphore(MOST_WAITING);
  private final Semaphore underWay = new Semaphore(MOST_UNDER_WAY);
  private @Nullable HttpClient client;

  /**
   * Creates the view of an instance on all others.
   *
   * @param self its name; empty until it has one
   * @param tls whom to trust where others serve HTTPS; empty for those whom the JVM trusts
   */
  public Peers(Supplier<Optional<String>> self, Optional<SSLContext> tls) {
    this.self = self;
    this.tls = tls;
  }

  /**
   * {@return the answer of one instance, good or not}
   *
   * @param status the status of the job, which has the addresses
   * @param instance its name
   * @throws PeerSilentException if it is not alive, cannot be reached or does not answer
   */
  public PeerAnswer ask(JobStatus status, String instance, PeerRequest request)
      throws PeerSilentException {
    JobStatus.Instance asked =
        status.aliveInstances().stream()
            .filter(each -> each.id().equals(instance))
            .findFirst()
            .orElseThrow(() -> silent(instance, null, "no instance of that name is alive"));
    if (!waiting.tryAcquire()) {
      throw silent(asked, "too many requests wait for other instances already");
    }
    try {
      return new Question(status, asked, request, deadline(request)).answer();
    } finally {
      waiting.release();
    }
  }

  /**
   * {@return the answers of all other instances, which are asked side by side}
   *
   * @param status the status of the job, which has the addresses
   */
  public PeerAnswers askAll(JobStatus status, PeerRequest request) {
    List<JobStatus.Instance> others =
        status.aliveInstances().stream()
            .filter(each -> !self.get().equals(Optional.of(each.id())))
            .sorted(Comparator.comparing(JobStatus.Instance::id))
            .toList();
    if (others.isEmpty()) {
      return PeerAnswers.NONE;
    }
    if (!waiting.tryAcquire()) {
      return new PeerAnswers(
          List.of(),
          others.stream()
              .map(each -> unanswered(each, "too many requests wait for other instances already"))
              .toList());
    }
    try {
      return gather(status, others, request);
    } finally {
      waiting.release();
    }
  }

  private PeerAnswers gather(
      JobStatus status, List<JobStatus.Instance> others, PeerRequest request) {
    long deadline = deadline(request);
    List<Unanswered> unanswered = new ArrayList<>();
    List<Question> questions = new ArrayList<>();
    for (JobStatus.Instance other : others) {
      try {
        questions.add(new Question(status, other, request, deadline));
      } catch (PeerSilentException e) {
        unanswered.add(e.unanswered());
      }
    }
    List<PeerAnswer> answers = new ArrayList<>();
    for (Question question : questions) {
      try {
        PeerAnswer answer = question.answer();
        if (answer.status() == OK) {
          answers.add(answer);
        } else {
          unanswered.add(unanswered(question.asked, "it answers " + answer.status()));
        }
      } catch (PeerSilentException e) {
        unanswered.add(e.unanswered());
      }
    }
    unanswered.sort(Comparator.comparing(Unanswered::instance));
    return new PeerAnswers(answers, unanswered);
  }

  private static long deadline(PeerRequest request) {
    return System.nanoTime() + request.patience().toNanos();
  }

  /** A question that is under way. */
  private final class Question {

    private final JobStatus.Instance asked;
    private final PeerRequest request;
    private final long deadline;
    private final CompletableFuture<HttpResponse<String>> sent;

    Question(JobStatus status, JobStatus.Instance asked, PeerRequest request, long deadline)
        throws PeerSilentException {
      this.asked = asked;
      this.request = request;
      this.deadline = deadline;
      HttpRequest http = request(PeerAddress.of(asked, ownHost(status)));
      try {
        if (!underWay.tryAcquire(leftNanos(), TimeUnit.NANOSECONDS)) {
          throw silent(asked, "too many questions to other instances are under way already");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw silent(asked, "the request was interrupted");
      }
      sent = send(http);
      CompletableFuture<HttpResponse<String>> ignored =
          sent.whenComplete((response, failure) -> underWay.release());
    }

    private CompletableFuture<HttpResponse<String>> send(HttpRequest http) {
      try {
        return client().sendAsync(http, head -> new LimitedText(MOST_BYTES));
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    private HttpRequest request(PeerAddress address) {
      HttpRequest.Builder http =
          HttpRequest.newBuilder(address.at(request.path()))
              .method(request.method(), HttpRequest.BodyPublishers.noBody())
              .timeout(request.patience())
              .header(TO, asked.id())
              .header(FORWARDED, self.get().orElse("unnamed"))
              .header(WRITES, "millrace");
      request
          .authorization()
          .ifPresent(
              given -> {
                HttpRequest.Builder ignored = http.header("Authorization", given);
              });
      return http.build();
    }

    private long leftNanos() {
      return Math.max(0, deadline - System.nanoTime());
    }

    /** {@return the answer, once it is there} */
    PeerAnswer answer() throws PeerSilentException {
      try {
        HttpResponse<String> response = sent.get(leftNanos(), TimeUnit.NANOSECONDS);
        return new PeerAnswer(
            asked.id(),
            response.statusCode(),
            response.headers().firstValue("Content-Type").orElse(""),
            response.body());
      } catch (ExecutionException e) {
        throw silent(asked, inWords(e.getCause() == null ? e : e.getCause()));
      } catch (TimeoutException e) {
        boolean ignored = sent.cancel(true);
        throw silent(asked, inWords(e));
      } catch (InterruptedException e) {
        boolean ignored = sent.cancel(true);
        Thread.currentThread().interrupt();
        throw silent(asked, "the request was interrupted");
      }
    }

    private String inWords(Throwable failure) {
      if (failure instanceof TimeoutException || failure instanceof HttpTimeoutException) {
        return "it has not answered within " + request.patience().toMillis() + " ms";
      }
      if (failure instanceof ConnectException) {
        return "it cannot be asked (nobody takes connections at its address)";
      }
      String message = failure.getMessage();
      return "it cannot be asked ("
          + (message == null ? failure.getClass().getSimpleName() : message)
          + ")";
    }
  }

  private Optional<String> ownHost(JobStatus status) {
    return self.get()
        .flatMap(
            own -> status.instances().stream().filter(each -> each.id().equals(own)).findFirst())
        .map(JobStatus.Instance::host);
  }

  private synchronized HttpClient client() {
    HttpClient present = client;
    if (present == null) {
      HttpClient.Builder builder =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .proxy(HttpClient.Builder.NO_PROXY)
              .connectTimeout(CONNECT);
      tls.ifPresent(
          context -> {
            HttpClient.Builder ignored = builder.sslContext(context);
          });
      present = builder.build();
      client = present;
    }
    return present;
  }

  private static Unanswered unanswered(JobStatus.Instance asked, String reason) {
    return new Unanswered(asked.id(), asked.http().orElse(null), reason);
  }

  private static PeerSilentException silent(JobStatus.Instance asked, String reason) {
    return new PeerSilentException(unanswered(asked, reason));
  }

  private static PeerSilentException silent(String instance, @Nullable String http, String reason) {
    return new PeerSilentException(new Unanswered(instance, http, reason));
  }
}
