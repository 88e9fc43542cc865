package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.runner.host.NoStatusException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients that watch a job. */
final class EventStreamsTest {

  private static final String EVENTS = "/api/v1/jobs/letters/events";
  private static final Duration LONG = Duration.ofMinutes(1);

  private final FakeJob job = new FakeJob();

  /** {@return the first event of a job's status, however many chunks it comes in} */
  static JsonNode first(URI at, String path, String authorization) {
    try {
      URLConnection connection = at.resolve(path).toURL().openConnection();
      connection.setReadTimeout((int) LONG.toMillis());
      connection.setRequestProperty("Authorization", authorization);
      try (BufferedReader in =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
        return next(in, "status");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BufferedReader open(Socket socket, URI at) throws IOException {
    socket
        .getOutputStream()
        .write(RawHttp.head(at, "GET", EVENTS).getBytes(StandardCharsets.US_ASCII));
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  /** {@return the data of the next event of a kind} */
  private static JsonNode next(BufferedReader in, String event) throws IOException {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("event: " + event)) {
        return JsonMapper.shared().readTree(in.readLine().substring("data: ".length()));
      }
    }
    throw new AssertionError("The stream has ended");
  }

  @Test
  void whoWatchesGetsTheStatusAgainAndAgain() throws Exception {
    try (AdminServer server = AdminServer.start(job, System.err).orElseThrow();
        Socket socket = RawHttp.connect(server.uri());
        BufferedReader in = open(socket, server.uri())) {
      for (int i = 0; i < 3; i++) {
        JsonNode event = next(in, "status");
        assertThat(Described.api().differences(event, "Event")).isEmpty();
        assertThat(event.get("job").get("name").asString()).isEqualTo("letters");
      }
      job.noStatus = new NoStatusException("Cannot get the status of the job: no answer", null);
      assertThat(Described.api().differences(next(in, "problem"), "Problem")).isEmpty();
      job.noStatus = null;
      assertThat(next(in, "status").get("partitions")).hasSize(3);
    }
  }

  @Test
  void onlySoManyWatchAtATime() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try (AdminServer server = AdminServer.start(job, System.err).orElseThrow()) {
      for (int i = 0; i < EventStreams.MOST_CLIENTS; i++) {
        Socket socket = RawHttp.connect(server.uri());
        sockets.add(socket);
        JsonNode ignored = next(open(socket, server.uri()), "status");
      }
      assertThat(RawHttp.get(server.uri(), EVENTS).status()).isEqualTo(503);
      assertThat(RawHttp.ask(server.uri(), "HEAD", EVENTS).status()).isEqualTo(503);
      assertThat(RawHttp.get(server.uri(), "/status").status()).isEqualTo(200);
      for (Socket socket : sockets) {
        socket.close();
      }
      // That a client has left is seen when it is to get the next event.
      Awaitility.await()
          .atMost(LONG)
          .until(() -> RawHttp.ask(server.uri(), "HEAD", EVENTS).status() == 200);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void whoDoesNotReadIsDroppedAndOthersGoOn() throws Exception {
    String large = "x".repeat(8 << 20);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    URI at = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    try (EventStreams streams =
        new EventStreams(
            () -> new EventStreams.Event("large", large), LONG, Duration.ofMillis(500))) {
      server.createContext(
          "/",
          exchange -> {
            Answer answer = streams.open();
            exchange.sendResponseHeaders(200, 0);
            answer.stream().orElseThrow().send(exchange);
          });
      server.start();
      try (Socket silent = RawHttp.connect(at);
          Socket reading = RawHttp.connect(at)) {
        BufferedReader ignored = open(silent, at);
        BufferedReader in = open(reading, at);
        for (String line = in.readLine(); streams.clients() > 1; line = in.readLine()) {
          assertThat(line).as("the one that reads is not dropped").isNotNull();
        }
        assertThat(streams.clients()).isEqualTo(1);
      }
    } finally {
      server.stop(0);
    }
  }

  @Test
  void whoLeavesIsNoticedWhileThereIsNoEvent() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    URI at = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    try (EventStreams streams =
        new EventStreams(
            () -> {
              awaitQuietly(answered); // As Kafka does not answer.
              return new EventStreams.Event("small", "{}");
            })) {
      server.createContext(
          "/",
          exchange -> {
            Answer answer = streams.open();
            exchange.sendResponseHeaders(200, 0);
            answer.stream().orElseThrow().send(exchange);
          });
      server.start();
      try (Socket socket = RawHttp.connect(at);
          BufferedReader in = open(socket, at)) {
        String line = in.readLine();
        while (!":".equals(line)) {
          assertThat(line).as("the stream goes on").isNotNull();
          line = in.readLine();
        }
        assertThat(streams.clients()).isEqualTo(1);
      }
      Awaitility.await().atMost(LONG).until(() -> streams.clients() == 0);
      assertThat(answered.getCount()).as("there is no event yet").isEqualTo(1);
    } finally {
      answered.countDown();
      server.stop(0);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aStreamEndsAfterAWhile() throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    URI at = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    try (EventStreams streams =
        new EventStreams(
            () -> new EventStreams.Event("small", "{}"), Duration.ofMillis(100), LONG)) {
      server.createContext(
          "/",
          exchange -> {
            Answer answer = streams.open();
            exchange.sendResponseHeaders(200, 0);
            answer.stream().orElseThrow().send(exchange);
          });
      server.start();
      RawHttp.Reply reply = RawHttp.get(at, EVENTS);
      assertThat(reply.body()).contains("retry: 1000", "event: small\ndata: {}");
      Awaitility.await().atMost(LONG).until(() -> streams.clients() == 0);
    } finally {
      server.stop(0);
    }
  }
}
