package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.http.RawHttp.Reply;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Three processes that run a job, each of which answers for all. */
@Tag("slow")
@WithBroker
final class ThreeInstancesTest {

  private static final String READ = "0123456789abcdef-reads";
  private static final String WRITE = "0123456789abcdef-writes";
  private static final String READER = "Authorization: Bearer " + READ;
  private static final String WRITER = "Authorization: Bearer " + WRITE;
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir Path directory;

  private LetterCountInstances copies;
  private List<URI> servers = List.of();

  @BeforeEach
  void start(TestBroker broker) throws IOException {
    copies = new LetterCountInstances(broker);
    copies.start(
        3,
        directory,
        "-Dhttp.token=" + READ,
        "-Dhttp.write.token=" + WRITE,
        "-Dstatus.interval=200ms");
    servers = copies.processes().stream().map(RunnerProcess::uri).toList();
    await("all are at work", () -> servers.stream().allMatch(each -> isWhole(each, 3)));
    copies.send(600);
  }

  @AfterEach
  void end() {
    if (copies != null) {
      copies.close();
    }
  }

  private static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what).atMost(LONG).pollInterval(Duration.ofMillis(100)).until(condition);
  }

  private String job() {
    return copies.path();
  }

  private JsonNode json(URI server, String path) {
    Reply reply = RawHttp.get(server, path, READER);
    assertThat(reply.status()).as(path + ": " + reply.body()).isEqualTo(200);
    return Described.json(reply);
  }

  private boolean isWhole(URI server, int instances) {
    return RawHttp.get(server, "/health", READER).status() == 200
        && alive(server).size() == instances;
  }

  private Set<String> alive(URI server) {
    return json(server, job())
        .get("instances")
        .valueStream()
        .filter(each -> each.get("alive").asBoolean())
        .map(each -> each.get("id").asString())
        .collect(Collectors.toSet());
  }

  /** {@return whether nothing waits to be processed any more} */
  private boolean hasCaughtUp(URI server) {
    return json(server, job()).get("lag").asLong() == 0;
  }

  private void order(URI server, String order) {
    Reply reply = RawHttp.ask(server, "POST", job() + order, WRITER);
    assertThat(reply.status()).as(reply.body()).isEqualTo(202);
  }

  /** {@return a path whose names are those of the job} */
  private String filled(String template) {
    String kind = template.contains("/analytics/") ? "WINDOWS" : "KEYS";
    String path = template.replace("{job}", copies.name()).replace("{topic}", copies.input());
    return path.replace("{store}", path.contains("{store}") ? store(kind) : "")
        .replace("{source}", path.contains("{source}") ? source() : "");
  }

  private String store(String kind) {
    return json(servers.get(0), job() + "/state")
        .get("stores")
        .valueStream()
        .filter(store -> store.get("kind").asString().equals(kind))
        .map(store -> store.get("name").asString())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void everyPathIsAnsweredByEachForAll() {
    Set<String> instances = alive(servers.get(0));
    await("all is processed", () -> hasCaughtUp(servers.get(0)));
    for (URI server : servers) {
      for (String path : Described.pages()) {
        Reply reply = Described.get(server, path, filled(path), READER);
        assertThat(reply.status()).as(path + ": " + reply.body()).isEqualTo(200);
        if (reply.headers().get("content-type").endsWith("json")) {
          assertThat(Described.json(reply).path("unanswered")).as(path).isEmpty();
        }
      }
      JsonNode event = EventStreamsTest.first(server, job() + "/events", "Bearer " + READ);
      assertThat(Described.api().differences(event, "Event")).isEmpty();
      assertThat(event.at("/job/unanswered")).isEmpty();
      JsonNode sources = json(server, job() + "/watermarks").get("sources");
      assertThat(sources.valueStream().map(each -> each.get("partition").asInt()))
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 6).boxed().toList());
      assertThat(sources.valueStream().map(each -> each.get("instance").asString()))
          .hasSameElementsAs(instances);
      for (String instance : instances) {
        for (String path : List.of("/status", job() + "/threads", job() + "/config")) {
          assertThat(json(server, path + "?instance=" + instance).get("instance").asString())
              .isEqualTo(instance);
        }
      }
    }
    assertThat(alive(servers.get(2))).isEqualTo(instances);
  }

  @Test
  void badRequestsGetTheirAnswerAndTheJobGoesOn() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (URI server : servers) {
        for (int i = 0; i < 200; i++) {
          Socket socket = RawHttp.connect(server);
          socket
              .getOutputStream()
              .write("GET /livez HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
          slow.add(socket);
        }
      }
      copies.send(6_000);
      for (URI server : servers) {
        assertThat(status(server, "/api/v1/jobs/other", READER)).isEqualTo(404);
        assertThat(status(server, job() + "/partitions?partition=x", READER)).isEqualTo(400);
        assertThat(status(server, job() + "/threads?depth=9999", READER)).isEqualTo(400);
        assertThat(status(server, "/../../etc/passwd", READER)).isEqualTo(400);
        assertThat(status(server, "/api/v1/jobs/..%2f..%2fetc%2fpasswd", READER)).isEqualTo(400);
        assertThat(status(server, job(), "Authorization: Bearer " + WRITE + "x")).isEqualTo(401);
        assertThat(status(server, job())).isEqualTo(401);
        assertThat(RawHttp.ask(server, "POST", job() + "/pause", READER).status()).isEqualTo(403);
        assertThat(RawHttp.ask(server, "POST", job() + "/pause").status()).isEqualTo(401);
        int tenMegabytes = 10 << 20;
        String head =
            RawHttp.head(
                server, "POST", job() + "/pause", WRITER, "Content-Length: " + tenMegabytes);
        assertThat(RawHttp.send(server, head, new byte[tenMegabytes]).status()).isEqualTo(413);
      }
      await("all is processed", () -> hasCaughtUp(servers.get(0)));
      await(
          "it is counted",
          () -> json(servers.get(1), job()).get("recordsIn").asLong() == copies.sent());
      assertThat(json(servers.get(2), job()).get("paused").asBoolean()).isFalse();
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  private static int status(URI server, String path, String... headers) {
    return RawHttp.get(server, path, headers).status();
  }

  @Test
  void whoIsKilledIsNamedUntilItIsMissed() throws Exception {
    URI server = servers.get(0);
    String killed = json(servers.get(2), "/status").get("instance").asString();
    copies.processes().get(2).kill();
    JsonNode unanswered = json(server, job() + "/watermarks").get("unanswered");
    assertThat(unanswered.valueStream().map(each -> each.get("instance").asString()))
        .containsExactly(killed);
    assertThat(RawHttp.get(server, "/status?instance=" + killed, READER).status()).isEqualTo(502);
    await("the others have its tasks", () -> isWhole(server, 2));
    assertThat(json(server, job() + "/watermarks").get("unanswered")).isEmpty();
    assertThat(json(server, job() + "/watermarks").get("sources")).hasSize(6);
    assertThat(RawHttp.get(server, "/status?instance=" + killed, READER).status()).isEqualTo(404);
  }

  /**
   * An order, at a path below that of the job.
   *
   * @param isObeyed whether an instance shows that it is
   */
  private record Order(String path, Predicate<URI> isObeyed) {}

  private List<Order> orders() {
    Predicate<URI> isPaused = server -> json(server, job()).get("paused").asBoolean();
    Predicate<URI> isSourcePaused = server -> !json(server, job()).get("pausedSources").isEmpty();
    return List.of(
        new Order("/pause", isPaused),
        new Order("/resume", isPaused.negate()),
        new Order("/sources/{source}/pause", isSourcePaused),
        new Order("/sources/{source}/resume", isSourcePaused.negate()),
        new Order("/sources/{source}/stop", isSourcePaused),
        new Order("/sources/{source}/start", isSourcePaused.negate()),
        new Order("/checkpoint", server -> true),
        new Order("/stop", server -> state(server).equals("STOPPED")),
        new Order("/start", server -> isWhole(server, 3)));
  }

  /** One that is described and not given here fails this test. */
  @Test
  void everyOrderIsTakenByEachForAll(TestBroker broker) {
    assertThat(Described.api().operations())
        .as("pages are asked above, orders here")
        .allMatch(operation -> operation.startsWith("GET ") || operation.startsWith("POST "));
    String ofJob = "/api/v1/jobs/{job}";
    assertThat(orders())
        .extracting(order -> ofJob + order.path())
        .containsExactlyInAnyOrderElementsOf(Described.orders());
    String source = source();
    for (URI server : servers) {
      for (Order order : orders()) {
        String template = ofJob + order.path();
        String path = job() + order.path().replace("{source}", source);
        await(
            path + " is taken",
            () -> isTaken(Described.ask(server, "POST", template, path, WRITER)));
        await(path + " is obeyed", () -> servers.stream().allMatch(order.isObeyed()));
      }
    }
    copies.send(600);
    await(
        "all is counted, once",
        () -> broker.consumeCounts(copies.output()).equals(copies.expectedCounts()));
  }

  /** A checkpoint may have to be asked for again, while tasks move. */
  private static boolean isTaken(Reply reply) {
    assertThat(reply.status()).as(reply.body()).isIn(200, 202, 503);
    return reply.status() != 503;
  }

  @Test
  void anOrderToOneIsObeyedByAll() {
    order(servers.get(0), "/pause");
    await("all are paused", () -> states(servers.get(1)).equals(Set.of("PAUSED")));
    order(servers.get(1), "/resume");
    await("all go on", () -> !states(servers.get(2)).contains("PAUSED"));
    order(servers.get(2), "/sources/" + source() + "/pause");
    await("its source is paused", () -> states(servers.get(0)).equals(Set.of("PAUSED")));
    order(servers.get(0), "/sources/" + source() + "/resume");

    order(servers.get(0), "/stop");
    await("all have ended", () -> servers.stream().allMatch(each -> state(each).equals("STOPPED")));
    assertThat(copies.processes()).allMatch(RunnerProcess::isAlive);
    for (URI server : servers) {
      await("the groups are empty", () -> members(server) == 0);
      assertThat(json(server, job()).get("status").asString()).isEqualTo("STOPPED");
      assertThat(status(server, "/livez")).isEqualTo(200);
      assertThat(status(server, "/readyz")).isEqualTo(503);
      assertThat(RawHttp.get(server, "/health", READER).body()).contains("stopped by order");
    }
    copies.send(600);
    await("all of it waits", () -> json(servers.get(1), job()).get("lag").asLong() == 600);
    order(servers.get(1), "/start");
    await("all are at work", () -> servers.stream().allMatch(each -> isWhole(each, 3)));
    await("all is processed", () -> hasCaughtUp(servers.get(2)));
  }

  private String source() {
    return json(servers.get(0), job() + "/stages")
        .get("stages")
        .valueStream()
        .filter(stage -> stage.get("source").asBoolean())
        .map(stage -> stage.get("name").asString())
        .findFirst()
        .orElseThrow();
  }

  private Set<String> states(URI server) {
    Set<String> states = new TreeSet<>();
    for (JsonNode each :
        json(server, job() + "/partitions?topic=" + copies.input()).get("partitions")) {
      states.add(each.get("state").asString());
    }
    return states;
  }

  private String state(URI server) {
    return json(server, "/status").get("state").asString();
  }

  private long members(URI server) {
    return json(server, job() + "/stages")
        .get("stages")
        .valueStream()
        .mapToLong(stage -> stage.get("members").asLong())
        .sum();
  }
}
