package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.runner.http.RequestThreads.Phase;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server in the place of that of an instance which is dead for a while: it answers for the
 * supervisor, who is alive.
 *
 * <p><b>Contract.</b> {@code /livez} answers 200, since a restart of the supervisor would only lose
 * what it knows; every other path 503 with the reason and the time until the next start.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class StandInServer implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(StandInServer.class);
  private static final int THREADS = 4;
  private static final int WAITING_REQUESTS = 64;
  private static final int BACKLOG = 32;
  private static final Duration PATIENCE = Duration.ofMillis(100);

  /**
   * The reason why the instance does not answer itself, and the time of its next start.
   *
   * @param reason a sentence without its end, for callers with the token
   * @param nextStart when it is started again
   */
  public record Absence(String reason, Instant nextStart) {

    private long secondsLeft() {
      return Math.max(1, Duration.between(Instant.now(), nextStart).toSeconds() + 1);
    }
  }

  private record Live(boolean live, String state, long nextStartInSeconds) {}

  private final HttpServer server;
  private final RequestThreads threads;

  private StandInServer(HttpServer server, RequestThreads threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * {@return a server at an address; empty if that cannot be bound; then there are only no answers}
   *
   * @param config the settings of the instance's server: its tokens, and whether it speaks TLS
   */
  public static Optional<StandInServer> start(
      InetSocketAddress address, JobConfig config, Supplier<Absence> absence) {
    ServerLimits.apply();
    try {
      HttpServer server = Bound.at(address, Tls.of(config), BACKLOG);
      RequestThreads threads = new RequestThreads(THREADS, WAITING_REQUESTS, PATIENCE);
      Guard guard =
          new Guard(
              address.getAddress().isLoopbackAddress(),
              config.httpToken(),
              config.httpWriteToken());
      server.setExecutor(threads);
      server.createContext("/", new Handler(guard, threads, absence));
      server.start();
      return Optional.of(new StandInServer(server, threads));
    } catch (IOException | ConfigurationException e) {
      LOGGER.atDebug().addKeyValue("address", address).setCause(e).log("Nobody answers there");
      return Optional.empty();
    }
  }

  /** {@return the port that it listens at} */
  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }

  private record Handler(Guard guard, RequestThreads threads, Supplier<Absence> absence)
      implements HttpHandler {

    @Override
    public void handle(HttpExchange exchange) throws IOException {
      try (exchange) {
        threads.enter(Phase.WORKING);
        Answer answer = answer(exchange);
        threads.enter(Phase.WRITING);
        write(exchange, answer);
      }
    }

    private Answer answer(HttpExchange exchange) {
      String path = String.valueOf(exchange.getRequestURI().getRawPath());
      try {
        guard.checkHost(exchange.getRequestHeaders());
        boolean isProbe = path.equals("/livez") || path.equals("/readyz");
        if (!isProbe) {
          guard.checkToken(exchange.getRequestHeaders());
        }
        Absence now = absence.get();
        if (path.equals("/livez")) {
          return Answer.json(new Live(true, "WAITING", now.secondsLeft()));
        }
        // Probes are for anybody: what stopped the instance may be in the words of its records.
        String reason = isProbe ? "Not ready: the instance has ended" : now.reason();
        return Problem.unavailable(
                reason + ". It is started again in " + now.secondsLeft() + " s at the latest")
            .toAnswer(path)
            .with("Retry-After", Long.toString(now.secondsLeft()));
      } catch (Problem problem) {
        return problem.toAnswer(path);
      }
    }

    private static void write(HttpExchange exchange, Answer answer) throws IOException {
      var headers = exchange.getResponseHeaders();
      answer.headers().forEach(headers::set);
      headers.set("Content-Type", answer.contentType());
      headers.set("Cache-Control", "no-store");
      headers.set("X-Content-Type-Options", "nosniff");
      byte[] body = answer.body();
      if (exchange.getRequestMethod().equals("HEAD")) {
        headers.set("Content-Length", Integer.toString(body.length));
        exchange.sendResponseHeaders(answer.status(), -1);
        return;
      }
      exchange.sendResponseHeaders(answer.status(), body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }
}
