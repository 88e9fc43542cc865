package dev.millrace.runner.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions to servers that answer well, badly or not at all. */
final class PeersTest {

  private final List<HttpServer> servers = new ArrayList<>();
  private final List<JobStatus.Instance> instances = new ArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final Peers peers = new Peers(() -> Optional.of("me"), Optional.empty());

  PeersTest() {
    instances.add(instance("me", "host", "http://127.0.0.1:1"));
  }

  @AfterEach
  void close() {
    end.countDown();
    servers.forEach(server -> server.stop(0));
  }

  private static JobStatus.Instance instance(String name, String host, String http) {
    return new JobStatus.Instance(
        name,
        host,
        1,
        InstanceState.RUNNING,
        "",
        0,
        "",
        Instant.EPOCH,
        true,
        Optional.empty(),
        List.of(),
        Optional.of(http));
  }

  private void serve(String name, HttpHandler handler) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", handler);
    server.setExecutor(
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "peer");
              thread.setDaemon(true);
              return thread;
            }));
    server.start();
    servers.add(server);
    instances.add(instance(name, "host", "http://127.0.0.1:" + server.getAddress().getPort()));
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private void hang() {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private JobStatus status() {
    return new JobStatus(
        "job", JobPhase.READY, 0, false, false, false, List.of(), false, instances, List.of());
  }

  private PeerAnswers askAll(Duration patience) {
    return peers.askAll(
        status(), PeerRequest.get("/path?a=%20", Optional.of("Bearer x")).within(patience));
  }

  @Test
  void allOthersAreAskedWithWhatTheRequestBrought() throws IOException {
    Map<String, String> seen = new ConcurrentHashMap<>();
    for (String name : List.of("two", "one")) {
      serve(
          name,
          exchange -> {
            seen.put(
                name,
                exchange.getRequestURI()
                    + " "
                    + exchange.getRequestHeaders().getFirst("Authorization")
                    + " "
                    + exchange.getRequestHeaders().getFirst(Peers.TO)
                    + " "
                    + exchange.getRequestHeaders().getFirst(Peers.FORWARDED));
            answer(exchange, 200, "\"" + name + "\u00e9\"");
          });
    }
    PeerAnswers answers = askAll(Duration.ofSeconds(30));
    assertThat(answers.unanswered()).isEmpty();
    assertThat(answers.answers())
        .containsExactly(
            new PeerAnswer("one", 200, "application/json", "\"one\u00e9\""),
            new PeerAnswer("two", 200, "application/json", "\"two\u00e9\""));
    assertThat(seen)
        .containsEntry("one", "/path?a=%20 Bearer x one me")
        .containsEntry("two", "/path?a=%20 Bearer x two me");
  }

  @Test
  void whoIsSlowDoesNotKeepTheAnswersOfOthers() throws IOException {
    serve("good", exchange -> answer(exchange, 200, "{}"));
    serve("hangs", exchange -> hang());
    serve(
        "trickles",
        exchange -> {
          exchange.sendResponseHeaders(200, 10);
          exchange.getResponseBody().write('{');
          exchange.getResponseBody().flush();
          hang();
        });
    serve("refuses", exchange -> answer(exchange, 503, "{}"));
    PeerAnswers answers = askAll(Duration.ofSeconds(1));
    assertThat(answers.answers()).extracting(PeerAnswer::instance).containsExactly("good");
    assertThat(answers.unanswered())
        .extracting(Unanswered::instance)
        .containsExactly("hangs", "refuses", "trickles");
    assertThat(answers.unanswered())
        .extracting(Unanswered::reason)
        .containsExactly(
            "it has not answered within 1000 ms",
            "it answers 503",
            "it has not answered within 1000 ms");
  }

  @Test
  void anAnswerWithoutAnEndIsNone() throws IOException {
    serve(
        "endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] chunk = new byte[1 << 20];
          while (end.getCount() > 0) {
            exchange.getResponseBody().write(chunk);
          }
        });
    PeerAnswers answers = askAll(Duration.ofSeconds(60));
    assertThat(answers.answers()).isEmpty();
    assertThat(answers.unanswered().get(0).reason()).contains("longer than 16777216 bytes");
  }

  @Test
  void oneIsAskedByItsName() throws Exception {
    serve("one", exchange -> answer(exchange, 404, "{}"));
    PeerRequest request = PeerRequest.get("/path", Optional.empty());
    assertThat(peers.ask(status(), "one", request).status()).as("whatever it says").isEqualTo(404);
    assertThatThrownBy(() -> peers.ask(status(), "two", request))
        .isInstanceOf(PeerSilentException.class)
        .hasMessageContaining("no instance of that name is alive");
  }

  @Test
  void loopbackAddressesOfOtherHostsAreNotAsked() throws IOException {
    serve("near", exchange -> answer(exchange, 200, "{}"));
    String http = instances.get(1).http().orElseThrow();
    instances.add(instance("far", "another", http));
    instances.add(instance("odd", "host", "gopher://x"));
    PeerAnswers answers = askAll(Duration.ofSeconds(30));
    assertThat(answers.answers()).extracting(PeerAnswer::instance).containsExactly("near");
    assertThat(answers.unanswered()).extracting(Unanswered::instance).containsExactly("far", "odd");
  }
}
