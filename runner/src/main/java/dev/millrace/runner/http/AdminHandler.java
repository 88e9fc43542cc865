package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.millrace.runner.http.RequestThreads.Phase;
import dev.millrace.runner.peer.Peers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request: who asks, how much, for what; the page; the answer.
 *
 * <p>Of what a request brings along only its path is logged or given back, escaped as it came.
 *
 * <p><b>Threads.</b> Safe for any thread of {@link RequestThreads}.
 */
final class AdminHandler implements HttpHandler {

  private static final Logger LOGGER = LoggerFactory.getLogger(AdminHandler.class);
  private static final int NO_BODY = -1;
  private static final int UNKNOWN_LENGTH = 0;
  private static final int NOT_MODIFIED = 304;

  private final Router router;
  private final Dashboard dashboard = new Dashboard();
  private final Guard guard;
  private final RequestThreads threads;
  private final Supplier<Optional<String>> self;

  AdminHandler(
      Router router, Guard guard, RequestThreads threads, Supplier<Optional<String>> self) {
    this.router = router;
    this.guard = guard;
    this.threads = threads;
    this.self = self;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    boolean isOpen = false;
    try {
      Answer answer = answer(exchange);
      try {
        threads.enter(Phase.WRITING);
        isOpen = write(exchange, answer);
      } finally {
        if (!isOpen) {
          answer.stream().ifPresent(Answer.Stream::giveUp);
        }
      }
    } finally {
      if (!isOpen) {
        exchange.close();
      }
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    String path = String.valueOf(exchange.getRequestURI().getRawPath());
    try {
      long length = readBody(exchange);
      threads.enter(Phase.WORKING);
      return answer(exchange, length);
    } catch (Problem problem) {
      return problem.toAnswer(path);
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("path", path).log("A page has failed");
      return Problem.internal("Cannot answer: the page has failed. The log of the instance has why")
          .toAnswer(path);
    }
  }

  private Answer answer(HttpExchange exchange, long length) {
    guard.checkHost(exchange.getRequestHeaders());
    URI uri = exchange.getRequestURI();
    if (uri.isAbsolute() || uri.getRawAuthority() != null || uri.getRawPath() == null) {
      throw Problem.badRequest(
          "Cannot read the request: it is for a path, which begins with one /");
    }
    List<String> segments = PathText.segments(uri.getRawPath());
    Optional<Answer> file = file(exchange, uri.getRawPath());
    if (file.isPresent()) {
      return file.get();
    }
    List<Router.Route> routes = router.at(segments);
    if (routes.stream().noneMatch(route -> route.access() == Router.Access.OPEN)) {
      guard.checkToken(exchange.getRequestHeaders());
    }
    if (length > ServerLimits.BODY_BYTES) {
      throw Problem.contentTooLarge(
          "Cannot take the request: its body is longer than " + ServerLimits.BODY_BYTES + " bytes");
    }
    if (uri.toString().length() > ServerLimits.PATH_CHARS) {
      throw Problem.uriTooLong(
          "Cannot take the request: its path is longer than "
              + ServerLimits.PATH_CHARS
              + " characters");
    }
    if (routes.isEmpty()) {
      throw Problem.notFound(
          "Cannot find this path. See docs/openapi.yaml for those that are here");
    }
    Router.Route route = Router.choose(routes, exchange.getRequestMethod());
    if (route.access() == Router.Access.WRITE) {
      guard.checkWriter(exchange.getRequestHeaders());
    }
    checkMeant(exchange.getRequestHeaders().getFirst(Peers.TO));
    String query = uri.getRawQuery();
    Map<String, String> parameters = query == null ? Map.of() : PathText.query(query);
    Caller caller = Caller.of(exchange.getRequestHeaders());
    return route.page().answer(Router.request(route, segments, parameters, uri.toString(), caller));
  }

  /** Refuses a request of another instance that is meant for an earlier owner of this address. */
  private void checkMeant(@Nullable String instance) {
    if (instance != null && !Optional.of(instance).equals(self.get())) {
      throw Problem.misdirected("Cannot answer: the request is for another instance");
    }
  }

  private Optional<Answer> file(HttpExchange exchange, String path) {
    return dashboard.at(
        exchange.getRequestMethod(),
        path,
        exchange.getRequestHeaders().getFirst("If-None-Match"),
        exchange.getRequestHeaders().getFirst("Accept-Encoding"));
  }

  /**
   * Reads the body away, so that the sender of one that is too long gets to see the answer; no page
   * takes one yet. A body that is declared too long for that is not read at all.
   *
   * @return its length, as far as it was read, or as it is announced
   */
  private static long readBody(HttpExchange exchange) throws IOException {
    String announced = exchange.getRequestHeaders().getFirst("Content-Length");
    // The server has refused what is no number.
    long length = announced == null ? 0 : Long.parseLong(announced);
    if (length > ServerLimits.DISCARDED_BYTES) {
      return length;
    }
    InputStream in = exchange.getRequestBody();
    byte[] buffer = new byte[8192];
    long read = 0;
    for (int n = in.read(buffer);
        n >= 0 && read <= ServerLimits.DISCARDED_BYTES;
        n = in.read(buffer)) {
      read += n;
    }
    return read;
  }

  /** Writes an answer; returns whether somebody else goes on with it. */
  private static boolean write(HttpExchange exchange, Answer answer) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Cache-Control", "no-store");
    answer.headers().forEach(headers::set);
    headers.set("Content-Type", answer.contentType());
    headers.set("X-Content-Type-Options", "nosniff");
    byte[] body = answer.body();
    if (answer.status() == NOT_MODIFIED) {
      exchange.sendResponseHeaders(NOT_MODIFIED, NO_BODY);
      return false;
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      if (answer.stream().isEmpty()) {
        headers.set("Content-Length", Integer.toString(body.length));
      }
      exchange.sendResponseHeaders(answer.status(), NO_BODY);
      return false;
    }
    if (answer.stream().isPresent()) {
      exchange.sendResponseHeaders(answer.status(), UNKNOWN_LENGTH);
      answer.stream().get().send(exchange);
      return true;
    }
    exchange.sendResponseHeaders(answer.status(), body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
    return false;
  }
}
