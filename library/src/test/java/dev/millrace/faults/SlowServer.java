package dev.millrace.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP server whose answers come when, and say what, a test wants.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
public final class SlowServer implements AutoCloseable {

  /** Decides about one request. */
  @FunctionalInterface
  public interface Script {
    /**
     * {@return the answer}
     *
     * @param path the path of the request, without its slash
     */
    Reply reply(String path);
  }

  /** An answer. */
  public record Reply(int status, String body, long afterMs) {}

  private final HttpServer server;
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile Script script;

  public SlowServer(Script script) {
    this.script = script;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::take);
    server.start();
  }

  /** Changes what is answered from now on. */
  public void script(Script newScript) {
    script = newScript;
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** {@return how many requests were open at the same time, at most} */
  public int most() {
    return most.get();
  }

  public int requests() {
    return requests.get();
  }

  private void take(HttpExchange exchange) {
    requests.incrementAndGet();
    most.accumulateAndGet(open.incrementAndGet(), Math::max);
    Reply reply = script.reply(exchange.getRequestURI().getPath().substring(1));
    timer.schedule(() -> answer(exchange, reply), reply.afterMs(), TimeUnit.MILLISECONDS);
  }

  private void answer(HttpExchange exchange, Reply reply) {
    open.decrementAndGet();
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    } catch (IOException e) {
      // The client has hung up.
    }
  }

  @Override
  public void close() {
    server.stop(0);
    timer.shutdownNow();
  }
}
