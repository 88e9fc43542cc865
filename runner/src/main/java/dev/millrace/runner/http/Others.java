package dev.millrace.runner.http;

import dev.millrace.admin.JobStatus;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.SeenStatus;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.peer.PeerAnswer;
import dev.millrace.runner.peer.PeerAnswers;
import dev.millrace.runner.peer.PeerRequest;
import dev.millrace.runner.peer.PeerSilentException;
import dev.millrace.runner.peer.Peers;
import dev.millrace.runner.peer.Unanswered;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The answers of the other instances of the job, which complete the answer of this one.
 *
 * <p><b>Threads.</b> Safe for any thread; the caller's waits.
 */
final class Others {

  /**
   * The parts of an answer that came from others.
   *
   * @param parts what each has answered
   * @param unanswered those who have not
   */
  record Gathered(List<Part> parts, List<Unanswered> unanswered) {

    /** Nobody else was asked. */
    static final Gathered NOTHING = new Gathered(List.of(), List.of());

    /** {@return the elements of a list that every answer has} */
    List<JsonNode> elements(String field) {
      return parts.stream().flatMap(part -> part.body().path(field).valueStream()).toList();
    }
  }

  /** The answer of an instance, an object of JSON. */
  record Part(String instance, JsonNode body) {}

  private final HostedJob job;
  private final Peers peers;

  Others(HostedJob job, Peers peers) {
    this.job = job;
    this.peers = peers;
  }

  /** {@return what all others answer to the same request, unless one of them asks} */
  Gathered sameOf(Request request, SeenStatus seen) {
    return gather(request.caller(), seen, PeerRequest::get, request.target());
  }

  /** {@return what all others answer for a path, unless one of them asks} */
  Gathered allOf(Request request, SeenStatus seen, String path) {
    return gather(request.caller(), seen, PeerRequest::get, path);
  }

  /** The making of a question. */
  interface Asking {

    PeerRequest ask(String path, Optional<String> authorization);
  }

  /** {@return what all others answer to a question, unless one of them asks} */
  Gathered gather(Caller caller, SeenStatus seen, Asking asking, String path) {
    if (caller.isInstance()) {
      return Gathered.NOTHING;
    }
    PeerAnswers answers = peers.askAll(seen.status(), asking.ask(path, caller.authorization()));
    List<Part> parts = new ArrayList<>();
    List<Unanswered> unanswered = new ArrayList<>(answers.unanswered());
    for (PeerAnswer answer : answers.answers()) {
      Optional<JsonNode> body = object(answer.body());
      if (body.isPresent()) {
        parts.add(new Part(answer.instance(), body.get()));
      } else {
        unanswered.add(
            new Unanswered(
                answer.instance(), http(seen.status(), answer.instance()), "it answers no JSON"));
      }
    }
    return new Gathered(parts, unanswered);
  }

  private static Optional<JsonNode> object(String text) {
    try {
      return Optional.of(Json.EXACT.readTree(text)).filter(JsonNode::isObject);
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private static @Nullable String http(JobStatus status, String instance) {
    return status.instances().stream()
        .filter(each -> each.id().equals(instance))
        .findFirst()
        .flatMap(JobStatus.Instance::http)
        .orElse(null);
  }

  /**
   * {@return what an instance answers for a path}, or throws the problem that it has none: one that
   * may be gone soon, if the instance is
   */
  JsonNode ask(Caller caller, JobStatus status, String instance, String path, Duration patience) {
    PeerAnswer answer;
    try {
      answer =
          peers.ask(
              status, instance, PeerRequest.get(path, caller.authorization()).within(patience));
    } catch (PeerSilentException e) {
      throw Problem.unavailable(String.valueOf(e.getMessage()));
    }
    Optional<JsonNode> body = object(answer.body());
    if (answer.status() == 200 && body.isPresent()) {
      return body.get();
    }
    if (answer.status() == 503 && body.isPresent()) {
      throw unavailable(body.get());
    }
    String reason = "Cannot ask instance " + instance + ": it answers " + answer.status();
    throw answer.status() == 421 ? Problem.unavailable(reason) : Problem.badGateway(reason);
  }

  /** {@return the same problem as another instance has} */
  private static Problem unavailable(JsonNode problem) {
    Map<String, Object> place = new LinkedHashMap<>();
    for (String field : List.of("stage", "task", "reason")) {
      if (problem.has(field)) {
        place.put(field, problem.get(field));
      }
    }
    return Problem.stateUnavailable(
        problem.path("detail").asString("Cannot answer at present"), Duration.ZERO, place);
  }

  /**
   * {@return the answer of the instance that the parameter {@code instance} names; empty if it
   * names none, or this one}
   */
  Optional<Answer> elsewhere(Request request) {
    Optional<String> instance = request.text("instance");
    if (instance.isEmpty() || instance.equals(job.instance())) {
      return Optional.empty();
    }
    if (request.caller().isInstance()) {
      throw Problem.misdirected("Cannot answer: the request is for another instance");
    }
    return Optional.of(ask(request, instance.get()));
  }

  private Answer ask(Request request, String instance) {
    JobStatus status = Pages.status(job).status();
    boolean isThere = status.aliveInstances().stream().anyMatch(each -> each.id().equals(instance));
    if (!isThere) {
      throw Problem.notFound(
          "Cannot ask that instance: no instance of that name is alive. There are "
              + status.aliveInstances().stream().map(JobStatus.Instance::id).toList());
    }
    try {
      PeerAnswer answer =
          peers.ask(
              status,
              instance,
              PeerRequest.get(request.target(), request.caller().authorization()));
      return new Answer(
          answer.status(),
          answer.contentType(),
          answer.body().getBytes(StandardCharsets.UTF_8),
          Map.of());
    } catch (PeerSilentException e) {
      throw Problem.badGateway(String.valueOf(e.getMessage()));
    }
  }
}
