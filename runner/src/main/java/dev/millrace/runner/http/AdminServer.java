package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.peer.Peers;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * The server of what is to be known of a job, by HTTP.
 *
 * <p><b>Contract.</b> Answers from {@link #start} until {@link #close}, whatever the job does
 * meanwhile.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class AdminServer implements AutoCloseable {

  private static final int PORTS_TO_TRY = 100;
  private static final int BACKLOG = 128;
  private static final Duration PATIENCE = Duration.ofMillis(100);

  private final HttpServer server;
  private final RequestThreads threads;
  private final Pages pages;
  private final URI advertised;

  private AdminServer(HttpServer server, RequestThreads threads, Pages pages, URI advertised) {
    this.server = server;
    this.threads = threads;
    this.pages = pages;
    this.advertised = advertised;
  }

  /**
   * Starts a server for a job, at the address that its settings give.
   *
   * @param err gets a warning if no address was chosen, and none is free
   * @return the server; empty if there is to be none
   * @throws ConfigurationException if the address cannot be bound, or would let strangers in, or
   *     the keys for TLS are none
   */
  public static Optional<AdminServer> start(HostedJob job, PrintStream err) {
    ServerLimits.apply();
    Optional<Listening> listening = Listening.of(job.config());
    if (listening.isEmpty()) {
      return Optional.empty();
    }
    Optional<SSLContext> tls = Tls.of(job.config());
    Optional<HttpServer> bound = bind(listening.get(), tls);
    if (bound.isEmpty()) {
      // What only helps stops nobody.
      err.println(
          "Warning: no port from "
              + Listening.DEFAULT_PORT
              + " on is free, so nothing is served by HTTP; --http HOST:PORT chooses another");
      return Optional.empty();
    }
    AdminServer server = serve(bound.get(), tls, job);
    if (!isOnLoopback(bound.get()) && job.config().httpToken().isEmpty()) {
      err.println(
          "Warning: everybody who reaches "
              + server.advertised()
              + " may read all that it serves; http.token keeps strangers out");
    }
    return Optional.of(server);
  }

  private static AdminServer serve(HttpServer server, Optional<SSLContext> tls, HostedJob job) {
    RequestThreads threads =
        new RequestThreads(ServerLimits.REQUESTS, ServerLimits.WAITING_REQUESTS, PATIENCE);
    JobConfig config = job.config();
    Guard guard = new Guard(isOnLoopback(server), config.httpToken(), config.httpWriteToken());
    Pages pages = Pages.of(job, new Peers(job::instance, tls));
    server.setExecutor(threads);
    server.createContext("/", new AdminHandler(pages.router(), guard, threads, job::instance));
    server.start();
    URI advertised = Advertised.of(config, scheme(server), server.getAddress());
    return new AdminServer(server, threads, pages, advertised);
  }

  private static boolean isOnLoopback(HttpServer server) {
    return server.getAddress().getAddress().isLoopbackAddress();
  }

  private static String scheme(HttpServer server) {
    return server instanceof HttpsServer ? "https" : "http";
  }

  private static Optional<HttpServer> bind(Listening listening, Optional<SSLContext> tls) {
    InetSocketAddress address = listening.address();
    try {
      if (listening.choice() == Listening.Choice.OURS) {
        return Optional.of(Bound.at(address, tls, BACKLOG));
      }
      for (int more = 0; more < PORTS_TO_TRY; more++) {
        try {
          int port = address.getPort() + more;
          return Optional.of(
              Bound.at(new InetSocketAddress(address.getAddress(), port), tls, BACKLOG));
        } catch (BindException taken) {
          // The next one may be free.
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new ConfigurationException(
          "Cannot serve HTTP: the address cannot be bound (http.address="
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
        scheme(server)
            + "://"
            + (isVersion6 ? "[" + host + "]" : host)
            + ":"
            + server.getAddress().getPort()
            + "/");
  }

  /** {@return where other instances find the server, which is to be published} */
  public URI advertised() {
    return advertised;
  }

  /** Closes all connections, also those that wait for an answer. */
  @Override
  public void close() {
    pages.close();
    server.stop(0);
    threads.close();
  }
}
