package dev.millrace.runner.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of events (server-sent events) to those who watch the job: once a second the same
 * event goes to all of them, made once, and not at all while nobody watches.
 *
 * <p>Each client has a thread, of which there are few. One that does not keep up gets the newest
 * event next and not those between; one that does not take an event for a few seconds loses its
 * connection. While there is no event, as when Kafka does not answer, each gets a comment every two
 * seconds: that a client has left is noticed only when something is written. A stream ends after a
 * while, before the server's limit for answers would cut it off in the middle: clients of this kind
 * come again by themselves.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class EventStreams implements AutoCloseable {

  /** For so long a stream goes on. */
  static final Duration LENGTH = Duration.ofSeconds(25);

  /** So many may watch at a time. */
  static final int MOST_CLIENTS = 16;

  /** The media type of a stream. */
  static final String CONTENT_TYPE = "text/event-stream";

  private static final Logger LOGGER = LoggerFactory.getLogger(EventStreams.class);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final long INTERVAL_MS = 1_000;
  private static final long HEARTBEAT_NANOS = Duration.ofSeconds(2).toNanos();

  /** What clients do at the end of a stream: they wait that long and come again. */
  private static final String HEAD = "retry: 1000\n\n";

  /** A comment, which clients pass over. */
  private static final byte[] HEARTBEAT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

  /**
   * An event.
   *
   * @param name its kind
   * @param data a line of text
   */
  record Event(String name, String data) {

    byte[] bytes() {
      return ("event: " + name + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    }
  }

  private final Supplier<Event> source;
  private final long lengthNanos;
  private final long patienceNanos;
  private final ScheduledExecutorService ticker;
  private final Set<Client> clients = new LinkedHashSet<>();
  private byte @Nullable [] latest;
  private long number;
  private boolean ticks;
  private boolean closed;

  /**
   * Creates streams that nobody watches.
   *
   * @param source makes the present event; called by one thread
   */
  EventStreams(Supplier<Event> source) {
    this(source, LENGTH, PATIENCE);
  }

  EventStreams(Supplier<Event> source, Duration length, Duration patience) {
    this.source = source;
    this.lengthNanos = length.toNanos();
    this.patienceNanos = patience.toNanos();
    this.ticker = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "http-events"));
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** {@return an answer that is a stream of events from now on} */
  synchronized Answer open() {
    if (closed || clients.size() >= MOST_CLIENTS) {
      throw Problem.unavailable(
          "Cannot send events: "
              + MOST_CLIENTS
              + " clients get them already. Close one, or ask for the status now and then");
    }
    Client client = new Client();
    clients.add(client);
    tickIn(0);
    return Answer.streamed(CONTENT_TYPE, client);
  }

  private synchronized void tickIn(long ms) {
    if (ticks || closed) {
      return;
    }
    try {
      var ignored = ticker.schedule(this::tick, ms, TimeUnit.MILLISECONDS);
      ticks = true;
    } catch (RejectedExecutionException e) {
      // The server ends.
    }
  }

  private void tick() {
    byte @Nullable [] event = made();
    synchronized (this) {
      ticks = false;
      long now = System.nanoTime();
      clients.forEach(client -> client.dropIfStuck(now));
      if (clients.isEmpty()) {
        latest = null;
        return;
      }
      if (event != null) {
        latest = event;
        number++;
        notifyAll();
      }
    }
    tickIn(INTERVAL_MS);
  }

  private byte @Nullable [] made() {
    try {
      return source.get().bytes();
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).log("An event for those who watch cannot be made");
      return null;
    }
  }

  /** {@return the number of clients} */
  synchronized int clients() {
    return clients.size();
  }

  private synchronized void remove(Client client) {
    clients.remove(client);
  }

  /** Ends all streams. */
  @Override
  public synchronized void close() {
    closed = true;
    ticker.shutdownNow();
    notifyAll();
    clients.forEach(Client::drop);
  }

  /** Somebody who watches. */
  private final class Client implements Answer.Stream {

    private @Nullable Thread thread;
    private boolean writes;
    private long writesSinceNanos;

    /** The number of the last event that it has got. */
    private long seen;

    @Override
    public void send(HttpExchange exchange) {
      Thread sender = daemon(() -> run(exchange), "http-events-client");
      synchronized (EventStreams.this) {
        thread = sender;
      }
      sender.start();
    }

    @Override
    public void giveUp() {
      remove(this);
    }

    private void run(HttpExchange exchange) {
      try (exchange;
          OutputStream out = exchange.getResponseBody()) {
        sendAll(out);
      } catch (IOException | InterruptedException e) {
        // The client has left, or is dropped. Nobody else is concerned.
      } finally {
        remove(this);
      }
    }

    private void sendAll(OutputStream out) throws IOException, InterruptedException {
      long end = System.nanoTime() + lengthNanos;
      write(out, HEAD.getBytes(StandardCharsets.US_ASCII));
      for (byte[] event = next(end); event != null; event = next(end)) {
        write(out, event);
      }
    }

    /**
     * {@return the next event, or a heartbeat if none comes; null at the end of the stream, but not
     * before it has had an event}
     */
    private byte @Nullable [] next(long end) throws InterruptedException {
      synchronized (EventStreams.this) {
        long heartbeat = System.nanoTime() + HEARTBEAT_NANOS;
        while (!closed) {
          byte[] event = latest;
          long now = System.nanoTime();
          if (end - now <= 0 && seen > 0) {
            return null;
          }
          if (event != null && number != seen) {
            seen = number;
            return event;
          }
          if (heartbeat - now <= 0) {
            return HEARTBEAT;
          }
          long leftNanos = seen > 0 ? Math.min(end - now, heartbeat - now) : heartbeat - now;
          // Rounded up: not to wait at all would be to wait for ever.
          EventStreams.this.wait(TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
        }
        return null;
      }
    }

    private void write(OutputStream out, byte[] bytes) throws IOException {
      synchronized (EventStreams.this) {
        writes = true;
        writesSinceNanos = System.nanoTime();
      }
      out.write(bytes);
      out.flush();
      synchronized (EventStreams.this) {
        writes = false;
      }
    }

    /** Called with the monitor of all streams. */
    void dropIfStuck(long now) {
      if (writes && now - writesSinceNanos > patienceNanos) {
        drop();
      }
    }

    /** Closes the connection, which is what an interrupt does to the write of a channel. */
    void drop() {
      if (thread != null) {
        thread.interrupt();
      }
    }
  }
}
