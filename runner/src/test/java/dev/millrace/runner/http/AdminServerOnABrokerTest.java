package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.RunningJob;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.host.JobRun;
import dev.millrace.runner.http.RawHttp.Reply;
import dev.millrace.runner.jobs.LetterCounting;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The server over a job that runs on a real broker. */
@WithBroker
final class AdminServerOnABrokerTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path directory;

  private String in;
  private String name;
  private Job job;
  private TestBroker broker;
  private LetterCounting counting;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    counting = LetterCounting.on(broker);
    in = counting.in();
    name = counting.name();
    job = counting.job();
  }

  private JobConfig config(String copy) {
    return counting.config(directory.resolve(copy));
  }

  @Test
  void everyPageTellsOfTheJobAtAnyOfItsInstances() throws Exception {
    JobRun one = JobRun.of(job, config("one"));
    JobRun two = JobRun.of(job, config("two"));
    try (AdminServer first = AdminServer.start(one, System.err).orElseThrow();
        AdminServer second = AdminServer.start(two, System.err).orElseThrow();
        one;
        two) {
      assertThat(RawHttp.get(first.uri(), "/livez").status()).isEqualTo(200);
      assertThat(RawHttp.get(first.uri(), "/readyz").status()).isEqualTo(503);
      assertThat(RawHttp.get(first.uri(), "/health").status()).isEqualTo(503);
      RunningJob running = one.start(Optional.of(first.advertised()));
      RunningJob ignored = two.start(Optional.of(second.advertised()));
      broker.produce(
          in,
          List.of(
              TestBroker.text(in, 0, 0, "apple"),
              TestBroker.text(in, 0, 0, "avocado"),
              TestBroker.text(in, 0, 0, "banana")));
      for (AdminServer server : List.of(first, second)) {
        Awaitility.await().atMost(LONG).until(() -> isThere(server.uri()));
        assertThatEveryPageIsAsDescribed(server.uri());
        Awaitility.await().atMost(LONG).until(() -> workersRun(server.uri()));
        assertThat(RawHttp.get(server.uri(), "/api/v1/jobs/another").status()).isEqualTo(404);
      }
      Awaitility.await().atMost(LONG).until(() -> recordsIn(first.uri()) == 3);
      Awaitility.await().atMost(LONG).until(() -> recordsIn(second.uri()) == 3);
      assertThatRecordsAreShown(first.uri());
      assertThat(one.awaitEnd(running, Duration.ofMillis(1))).isFalse();
      assertThat(json(first.uri(), "/status").get("instance").asString())
          .isEqualTo(running.instanceId());
      running.close();
      assertThat(json(first.uri(), "/status").get("workers")).isEmpty();
    }
  }

  @Test
  void deadLettersAreReadBackwards() {
    String errors = broker.createTopic(name + ".errors", 1);
    broker.produce(
        errors,
        IntStream.range(0, 5).mapToObj(i -> TestBroker.text(errors, 0, i, "line " + i)).toList());
    JobRun run = JobRun.of(job, config("one"));
    String path = "/api/v1/jobs/" + name + "/dead-letters";
    try (AdminServer server = AdminServer.start(run, System.err).orElseThrow();
        run) {
      JsonNode newest = json(server.uri(), path + "?limit=3");
      assertThat(values(newest)).containsExactly("line 4", "line 3", "line 2");
      long before = newest.get("older").get(0).get("before").asLong();
      JsonNode rest = json(server.uri(), path + "?limit=3&partition=0&before=" + before);
      assertThat(values(rest)).containsExactly("line 1", "line 0");
      assertThat(rest.get("older")).isEmpty();
      assertThat(RawHttp.get(server.uri(), path + "?partition=7").status()).isEqualTo(404);
    }
  }

  private static List<String> values(JsonNode page) {
    return page.get("letters").valueStream().map(each -> each.get("value").asString()).toList();
  }

  /** {@return whether the instance is ready, and both are seen, with all tasks at work} */
  private boolean isThere(URI server) {
    return RawHttp.get(server, "/readyz").status() == 200
        && RawHttp.get(server, "/health").status() == 200
        && json(server, "/api/v1/jobs/" + name).get("instances").size() == 2;
  }

  /** {@return whether the instance says so of the workers of both stages} */
  private static boolean workersRun(URI server) {
    JsonNode workers = json(server, "/status").get("workers");
    return workers.valueStream().map(each -> each.get("stage").asString()).distinct().count() == 2
        && workers.valueStream().allMatch(each -> each.get("phase").asString().equals("RUNNING"));
  }

  private void assertThatEveryPageIsAsDescribed(URI server) {
    String store = json(server, "/api/v1/jobs/" + name + "/state").at("/stores/0/name").asString();
    for (String path : Described.pages()) {
      if (path.contains("/analytics/")) {
        continue; // The job has no windows.
      }
      Reply reply =
          Described.get(
              server,
              path,
              path.replace("{job}", name).replace("{topic}", in).replace("{store}", store));
      assertThat(reply.status()).as(path + ": " + reply.body()).isEqualTo(200);
    }
    assertThat(RawHttp.get(server, "/api/v1/jobs/" + name + "/plan").body()).contains(in);
    assertThat(RawHttp.get(server, "/api/v1/jobs/" + name + "/partitions").body()).contains(in);
  }

  private void assertThatRecordsAreShown(URI server) {
    JsonNode answer = json(server, "/api/v1/jobs/" + name + "/topics/" + in + "/records?limit=2");
    assertThat(answer.get("complete").asBoolean()).isTrue();
    assertThat(answer.get("partitions").asInt()).isEqualTo(2);
    assertThat(answer.get("records").valueStream().map(each -> each.get("value").asString()))
        .containsExactly("banana", "avocado");
    String elsewhere = "/api/v1/jobs/" + name + "/topics/" + in + "/records?partition=1";
    assertThat(json(server, elsewhere).get("records").size()).isZero();
    assertThat(RawHttp.get(server, elsewhere + "7").status()).isEqualTo(404);
    String errors = "/api/v1/jobs/" + name + "/topics/" + name + ".errors/records";
    assertThat(json(server, errors).get("partitions").asInt()).isZero();
    assertThat(json(server, errors).get("records").size()).isZero();
  }

  private long recordsIn(URI server) {
    return json(server, "/api/v1/jobs/" + name).get("recordsIn").asLong();
  }

  private static JsonNode json(URI server, String path) {
    Reply reply = RawHttp.get(server, path);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return Described.json(reply);
  }
}
