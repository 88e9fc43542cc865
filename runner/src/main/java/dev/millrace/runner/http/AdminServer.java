package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.error.ConfigurationException;
import dev.millrace.runner.host.HostedJob;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * The server of what is to be known of a job, by HTTP.
 *
 * <p><b>Contract.</b> Answers from {@link #start} until {@link #close}, whatever the job does
 * meanwhile. Only reads.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class AdminServer implements AutoCloseable {

  private static final int PORTS_TO_TRY = 100;
  private static final int BACKLOG = 128;
  private static final Duration PATIENCE = Duration.ofMillis(100);

  private final HttpServer server;
  private final RequestThreads threads;

  private AdminServer(HttpServer server, RequestThreads threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Starts a server for a job, at the address that its settings give.
   *
   * @param err told if nobody chose an address, and there is none to be had
   * @return the server; empty if there is to be none
   * @throws ConfigurationException if the address cannot be had, or would let strangers in
   */
  public static Optional<AdminServer> start(HostedJob job, PrintStream err) {
    ServerLimits.apply();
    Optional<Listening> listening = Listening.of(job.config());
    if (listening.isEmpty()) {
      return Optional.empty();
    }
    Optional<HttpServer> bound = bind(listening.get());
    if (bound.isEmpty()) {
      // What only helps stops nobody.
      err.println(
          "Warning: no port from "
              + Listening.DEFAULT_PORT
              + " on is free, so nothing is served by HTTP; --http HOST:PORT chooses another");
      return Optional.empty();
    }
    return Optional.of(serve(bound.get(), job));
  }

  private static AdminServer serve(HttpServer server, HostedJob job) {
    RequestThreads threads =
        new RequestThreads(ServerLimits.REQUESTS, ServerLimits.WAITING_REQUESTS, PATIENCE);
    Guard guard =
        new Guard(server.getAddress().getAddress().isLoopbackAddress(), job.config().httpToken());
    server.setExecutor(threads);
    server.createContext("/", new AdminHandler(Pages.of(job), guard, threads));
    server.start();
    return new AdminServer(server, threads);
  }

  private static Optional<HttpServer> bind(Listening listening) {
    InetSocketAddress address = listening.address();
    try {
      if (listening.choice() == Listening.Choice.OURS) {
        return Optional.of(HttpServer.create(address, BACKLOG));
      }
      for (int more = 0; more < PORTS_TO_TRY; more++) {
        try {
          int port = address.getPort() + more;
          return Optional.of(
              HttpServer.create(new InetSocketAddress(address.getAddress(), port), BACKLOG));
        } catch (BindException taken) {
          // The next one may be free.
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot serve HTTP: the address cannot be had (http.address="
              + address.getHostString()
              + ":"
              + address.getPort()
              + ", "
              + e.getMessage()
              + "). Choose another with --http HOST:PORT, or none with --http off.",
          e);
    }
  }

  /** {@return where the server listens} */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** {@return where a browser on this machine finds the server} */
  public URI uri() {
    InetAddress address = server.getAddress().getAddress();
    String host = address.isAnyLocalAddress() ? "127.0.0.1" : address.getHostAddress();
    boolean isVersion6 = host.indexOf(':') >= 0;
    return URI.create(
        "http://"
            + (isVersion6 ? "[" + host + "]" : host)
            + ":"
            + server.getAddress().getPort()
            + "/");
  }

  /** Closes all connections, also those that wait for an answer. */
  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
