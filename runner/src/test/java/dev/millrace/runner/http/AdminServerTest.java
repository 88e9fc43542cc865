package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MissingRightException;
import dev.millrace.runner.host.KafkaSilentException;
import dev.millrace.runner.host.NoStatusException;
import dev.millrace.runner.http.RawHttp.Reply;
import dev.millrace.runner.peer.Peers;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The server over a job that is made up. */
final class AdminServerTest {

  private static final String TOKEN = "0123456789abcdef-token";
  private static final String JOB = "/api/v1/jobs/letters";

  private final FakeJob job = new FakeJob();
  private AdminServer server = start(job);

  private static AdminServer start(FakeJob job) {
    return AdminServer.start(job, System.err).orElseThrow();
  }

  private void restart(FakeJob other) {
    server.close();
    server = start(other);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private URI at() {
    return server.uri();
  }

  @Test
  void thePagesAreThoseOfTheDescription() {
    try (Pages pages = Pages.of(job, new Peers(job::instance, Optional.empty()))) {
      assertThat(pages.router().list())
          .containsExactlyInAnyOrderElementsOf(Described.api().operations());
    }
  }

  /** {@return a path whose names are those of the job that is made up} */
  private static String filled(String template) {
    return template
        .replace("{job}", "letters")
        .replace("{topic}", "lines")
        .replace("{store}", "visits");
  }

  @Test
  void theParametersAreThoseOfTheDescription() {
    for (String path : Described.pages()) {
      Reply reply = RawHttp.get(at(), filled(path) + "?none-such=1");
      assertThat(reply.status()).as(path).isEqualTo(400);
      String known = String.join(", ", Described.api().parameters("GET", path));
      assertThat(Described.json(reply).get("detail").asString())
          .as(path)
          .endsWith(known.isEmpty() ? "There is none at all" : "There are " + known);
    }
  }

  @Test
  void everyPageAnswersAsDescribed() {
    for (String path : Described.pages()) {
      Reply reply = Described.get(at(), path, filled(path));
      assertThat(reply.status()).as(path).isEqualTo(200);
      assertThat(reply.headers())
          .containsEntry("cache-control", "no-store")
          .containsEntry("x-content-type-options", "nosniff")
          .doesNotContainKey("access-control-allow-origin");
    }
  }

  @Test
  void everyPageAnswersAsDescribedWhileKafkaIsSilent() {
    job.noStatus = new NoStatusException("Cannot get the status of the job: no answer", null);
    int unavailable = 0;
    for (String path : Described.pages()) {
      Reply reply = Described.get(at(), path, filled(path));
      assertThat(reply.status()).as(path).isIn(200, 503);
      if (reply.status() == 503) {
        unavailable++;
        assertThat(reply.headers()).containsEntry("retry-after", "1");
        assertThat(reply.body()).contains("no answer");
      }
    }
    assertThat(unavailable).isPositive();
    assertThat(RawHttp.get(at(), "/livez").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), "/metrics").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /nothing, 404",
    "GET, /dashboard, 404",
    "GET, /dashboard/, 404",
    "GET, /dashboard/index.html, 404",
    "GET, /dashboard/package.json, 404",
    "GET, /dashboard/vendor/manifest.json, 404",
    "GET, /dashboard/Dashboard.class, 404",
    "GET, /dashboard/%61pp.js, 404",
    "GET, /dashboard//app.js, 404",
    "GET, /dashboard/../app.js, 400",
    "GET, /dashboard/..%2fapp.js, 400",
    "POST, /, 405",
    "DELETE, /dashboard/app.js, 405",
    "GET, /api/v1/jobs/letters/topics/other/records, 404",
    "GET, /api/v1/jobs/other/topics/lines/records, 404",
    "GET, /api/v1/jobs/letters/topics/a%20b/records, 400",
    "GET, /api/v1/jobs/letters/topics/lines/records?limit=0, 400",
    "GET, /api/v1/jobs/letters/topics/lines/records?limit=201, 400",
    "GET, /api/v1/jobs/letters/topics/lines/records?partition=-1, 400",
    "GET, /livez/, 404",
    "GET, /api/v1/jobs/other, 404",
    "GET, /api/v1/jobs/other/stages, 404",
    "GET, /api/v1/jobs/letters/nothing, 404",
    "POST, /livez, 405",
    "DELETE, /api/v1/jobs/letters, 405",
    "OPTIONS, /api/v1/jobs/letters, 405",
    "BREW, /status, 405",
    "GET, /api/v1/jobs/Letters, 400",
    "GET, /api/v1/jobs/a%20b, 400",
    "GET, /api/v1/jobs/letters/partitions?partition=x, 400",
    "GET, /api/v1/jobs/letters/partitions?partition=-1, 400",
    "GET, /api/v1/jobs/letters/partitions?partition=99999999999, 400",
    "GET, /api/v1/jobs/letters/partitions?partition=1&partition=2, 400",
    "GET, /api/v1/jobs/letters/partitions?part=1, 400",
    "GET, /api/v1/jobs/letters/threads?depth=513, 400",
    "GET, /livez?x=1, 400",
    "GET, /api/v1/jobs/letters/dead-letters?limit=501, 400",
    "GET, /api/v1/jobs/letters/dead-letters?before=1, 400",
    "GET, /api/v1/jobs/letters/dead-letters?partition=0&before=-1, 400",
    "GET, /api/v1/jobs/letters/dead-letters?partition=1, 404",
    "GET, /..%2fetc%2fpasswd, 400",
    "GET, /../livez, 400",
    "GET, /a/%2e%2e/livez, 400",
    "GET, /a%5cb, 400",
    "GET, /a%00, 400",
    "GET, /%c3%28, 400",
    "GET, //evil/livez, 400",
    "GET, http://evil/livez, 400"
  })
  void whatCannotBeAnsweredIsAProblemOfItsOwnKind(String method, String path, int status) {
    Reply reply = RawHttp.ask(at(), method, path);
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(reply.headers()).containsEntry("content-type", "application/problem+json");
    assertThat(Described.json(reply).get("status").asInt()).isEqualTo(status);
    assertThat(Described.json(reply).get("detail").asString()).startsWith("Cannot ");
    assertThat(Described.json(reply).get("type").asString()).isEqualTo("about:blank");
    assertThat(reply.headers().containsKey("allow")).isEqualTo(status == 405);
  }

  @Test
  void anEscapeThatIsNoneIsRefused() {
    assertThat(RawHttp.get(at(), "/%zz").status()).isEqualTo(400);
    assertThat(RawHttp.get(at(), "/%2").status()).isEqualTo(400);
  }

  @Test
  void queriesChoosePartitions() {
    assertThat(partitions("")).isEqualTo(3);
    assertThat(partitions("?partition=1")).isEqualTo(1);
    assertThat(partitions("?topic=in&stage=lines")).isEqualTo(2);
    assertThat(partitions("?stage=none")).isZero();
  }

  private int partitions(String query) {
    Reply reply = RawHttp.get(at(), JOB + "/partitions" + query);
    assertThat(reply.status()).isEqualTo(200);
    return Described.json(reply).get("partitions").size();
  }

  @Test
  void deadLettersComeWithTheirCause() {
    JsonNode page =
        Described.json(
            Described.get(
                at(),
                "/api/v1/jobs/{job}/dead-letters",
                JOB + "/dead-letters?partition=0&before=10&limit=2"));
    JsonNode letter = page.get("letters").get(0);
    assertThat(letter.get("origin").get("offset").asLong()).isEqualTo(5);
    assertThat(letter.get("message").asString()).isEqualTo("it is bad");
    assertThat(letter.get("more").get("records").asString()).isEqualTo("2");
    assertThat(letter.get("headers").get("trace").asString()).isEqualTo("x");
    assertThat(letter.get("value").get("range").asString())
        .contains("partition=OptionalInt[0]", "before=OptionalLong[10]", "most=2");
    assertThat(page.get("letters").get(1).get("origin").isNull()).isTrue();
    job.noOrder = new KafkaSilentException("Cannot read the dead letters: no answer", null);
    assertThat(RawHttp.get(at(), JOB + "/dead-letters").status()).isEqualTo(503);
  }

  @Test
  void aPipelineIsTheJobInOtherWords() {
    JsonNode stats =
        Described.json(Described.get(at(), "/pipelines/{job}/stats", "/pipelines/letters/stats"));
    assertThat(stats.get("eventsProcessed").asLong()).isEqualTo(11);
    assertThat(stats.get("eventsFailed").asLong()).isEqualTo(15 + 16);
    assertThat(stats.get("watermark").asString()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(stats.get("watermarkLagSeconds").asDouble()).isZero();
    assertThat(RawHttp.get(at(), "/pipelines/other/stats").status()).isEqualTo(404);
  }

  @Test
  void recordsOfTheJobsTopicsAreShown() {
    for (String topic :
        List.of("lines", "letters", "letters.errors", "letters.lines-count.shuffle")) {
      Reply reply = RawHttp.get(at(), JOB + "/topics/" + topic + "/records?limit=7&partition=1");
      assertThat(reply.status()).as(reply.body()).isEqualTo(200);
      assertThat(Described.json(reply).get("records").get(0).get("key").asString())
          .isEqualTo(topic + " OptionalInt[1] 7");
    }
    job.noStatus = new NoStatusException("Cannot read the topic: no answer", null);
    assertThat(RawHttp.get(at(), JOB + "/topics/lines/records").status()).isEqualTo(503);
    job.noStatus = null;
    job.topicFailure = new ConfigurationException("Cannot peek into partition 1 of topic lines");
    assertThat(RawHttp.get(at(), JOB + "/topics/lines/records").status()).isEqualTo(404);
    job.topicFailure = new KafkaUnreachableException("Cannot reach Kafka", null);
    assertThat(RawHttp.get(at(), JOB + "/topics/lines/records").status()).isEqualTo(503);
    job.topicFailure =
        new MissingRightException("Cannot read topic lines: no READ", "READ", "topic lines", null);
    assertThat(RawHttp.get(at(), JOB + "/topics/lines/records").status())
        .as("to try again does not help")
        .isEqualTo(403);
  }

  @Test
  void headIsGetWithoutABody() {
    Reply head = RawHttp.ask(at(), "HEAD", "/livez");
    Reply get = RawHttp.get(at(), "/livez");
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().get("content-length")).isEqualTo("" + get.body().length());
  }

  @Test
  void aBodyIsIgnoredUpToItsLimitAndRefusedBeyond() {
    assertThat(withBody(1 << 16).status()).isEqualTo(200);
    assertThat(withBody((1 << 16) + 1).status()).isEqualTo(413);
    Reply tenMegabytes = withBody(10 << 20);
    assertThat(tenMegabytes.status()).isEqualTo(413);
    assertThat(tenMegabytes.body()).contains("65536 bytes");
  }

  private Reply withBody(int bytes) {
    String head = RawHttp.head(at(), "GET", "/livez", "Content-Length: " + bytes);
    return RawHttp.send(at(), head, new byte[bytes]);
  }

  @Test
  void aBodyOfUnknownLengthHasTheSameLimit() {
    String head = RawHttp.head(at(), "GET", "/livez", "Transfer-Encoding: chunked");
    String chunk = "10000\r\n" + "x".repeat(1 << 16) + "\r\n";
    byte[] body = (chunk + chunk + "0\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    assertThat(RawHttp.send(at(), head, body).status()).isEqualTo(413);
  }

  @Test
  void aPathHasALimit() {
    assertThat(RawHttp.get(at(), "/" + "a".repeat(3000)).status()).isEqualTo(414);
  }

  @Test
  void namesOfStrangersAreRefusedAtALoopbackAddress() {
    for (String own :
        List.of("localhost", "LOCALHOST:1", "127.0.0.1:80", "[::1]:5", "a.localhost")) {
      assertThat(RawHttp.get(at(), "/status", "Host: " + own).status()).as(own).isEqualTo(200);
    }
    for (String strange :
        List.of("evil.example", "localhost.evil.example", "127.0.0.1.evil", "10.0.0.1")) {
      assertThat(RawHttp.get(at(), "/livez", "Host: " + strange).status())
          .as(strange)
          .isEqualTo(403);
    }
  }

  @Test
  void aTokenIsNeededWhereOneIsSetExceptByProbes() {
    restart(new FakeJob(JobConfig.defaults().with("http.token", TOKEN)));
    assertThat(RawHttp.get(at(), "/livez").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), "/readyz").status()).isEqualTo(200);
    for (String path : List.of("/status", "/metrics", JOB, JOB + "/config", "/nothing")) {
      Reply missing = RawHttp.get(at(), path);
      assertThat(missing.status()).as(path).isEqualTo(401);
      assertThat(missing.headers()).containsEntry("www-authenticate", "Bearer realm=\"millrace\"");
    }
    for (String wrong :
        List.of("Bearer " + TOKEN + "x", "Bearer ", TOKEN, "Basic " + TOKEN, "Bearer x" + TOKEN)) {
      Reply refused = RawHttp.get(at(), "/status", "Authorization: " + wrong);
      assertThat(refused.status()).as(wrong).isEqualTo(401);
      assertThat(refused.headers().get("www-authenticate")).contains("invalid_token");
      assertThat(refused.body()).doesNotContain(TOKEN);
    }
    assertThat(RawHttp.get(at(), "/status", "Authorization: Bearer " + TOKEN).status())
        .isEqualTo(200);
    assertThat(RawHttp.get(at(), "/status", "authorization: bearer " + TOKEN).status())
        .isEqualTo(200);
    assertThat(RawHttp.get(at(), JOB + "/config", "Authorization: Bearer " + TOKEN).body())
        .contains("http.token")
        .doesNotContain(TOKEN);
  }

  @Test
  void anInstanceIsAliveUnlessItHasFailedOrAWorkerHangs() {
    job.state = InstanceState.STARTING;
    assertThat(RawHttp.get(at(), "/livez").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), "/readyz").status()).isEqualTo(503);
    job.state = InstanceState.RUNNING;
    job.round = Duration.ofMinutes(6);
    assertThat(RawHttp.get(at(), "/livez").body()).contains("360 s").contains("threads");
    job.state = InstanceState.STOPPING;
    assertThat(RawHttp.get(at(), "/livez").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), "/readyz").status()).isEqualTo(503);
    job.state = InstanceState.FAILED;
    job.failure = new IllegalStateException("a record was bad");
    assertThat(RawHttp.get(at(), "/livez").status()).isEqualTo(503);
    assertThat(RawHttp.get(at(), "/status").body()).contains("a record was bad");
    assertThat(Described.get(at(), "/api/v1/jobs/{job}/exceptions", JOB + "/exceptions").body())
        .contains("a record was bad", "AdminServerTest", "Cannot read a record");
  }

  @Test
  void aJobIsHealthyIfAllItsTasksRun() {
    assertThat(RawHttp.get(at(), "/health").status()).isEqualTo(200);
    job.task = JobStatus.Task.State.RESTORING;
    Reply restoring = RawHttp.get(at(), "/health");
    assertThat(restoring.status()).isEqualTo(503);
    assertThat(restoring.body()).contains("1 task does not run");
    assertThat(RawHttp.get(at(), JOB).body()).contains("\"status\" : \"INCOMPLETE\"");
  }

  @Test
  void metricsAreInTheTextFormat() {
    Reply reply = RawHttp.get(at(), "/metrics");
    assertThat(reply.headers().get("content-type")).startsWith("text/plain; version=0.0.4");
    assertThat(reply.body().lines())
        .contains(
            "# TYPE millrace_records_in_total counter",
            "millrace_records_in_total{job=\"letters\",stage=\"lines\"} 11.0",
            "millrace_input_lag_records{job=\"letters\",stage=\"lines\"} 7.0",
            "# TYPE millrace_commit_duration_seconds histogram",
            "millrace_commit_duration_seconds_bucket{job=\"letters\",stage=\"lines\",le=\"0.01\"}"
                + " 2",
            "millrace_commit_duration_seconds_bucket{job=\"letters\",stage=\"lines\",le=\"+Inf\"}"
                + " 3",
            "millrace_commit_duration_seconds_count{job=\"letters\",stage=\"lines\"} 3",
            "millrace_instance_state{job=\"letters\",state=\"RUNNING\"} 1.0",
            "millrace_instance_state{job=\"letters\",state=\"FAILED\"} 0.0")
        .anyMatch(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\"} "))
        .anyMatch(line -> line.startsWith("process_cpu_seconds_total "));
  }

  @Test
  void someMetricsAreThereUnderTheNamesOfOthersToo() {
    assertThat(RawHttp.get(at(), "/metrics").body().lines())
        .contains(
            "# TYPE stream_events_processed_total counter",
            "stream_events_processed_total{job=\"letters\",stage=\"lines\"} 11.0",
            "# TYPE stream_processing_duration_seconds histogram",
            "stream_processing_duration_seconds_count{job=\"letters\",stage=\"lines\"} 3",
            "stream_active_windows{job=\"letters\",operator=\"counts\",stage=\"lines\"} 8.0",
            "stream_watermark_lag_seconds{job=\"letters\",stage=\"lines\",task=\"0\"} 9.0");
  }

  /** What the library measures, {@code docs/METRICS.md} has from there. */
  @Test
  void theDocumentHasWhatThePageAdds() throws IOException {
    String document = Files.readString(Path.of("../docs/METRICS.md"));
    Pattern row =
        Pattern.compile(
            "(?m)^\\| `((?:millrace_instance|jvm|process|stream)_[a-z_]+)` \\| (\\w+) \\|"
                + " ([a-z, ]*) ?\\|");
    Map<String, String> documented = new TreeMap<>();
    row.matcher(document)
        .results()
        .forEach(
            found ->
                documented.put(
                    found.group(1), PageMetrics.line(found.group(2), found.group(3).split(", *"))));
    assertThat(PageMetrics.of(RawHttp.get(at(), "/metrics").body()))
        .containsAllEntriesOf(documented)
        .hasSizeGreaterThan(documented.size())
        .allSatisfy(
            (name, labels) -> {
              if (!name.matches("millrace_(?!instance_).*")) {
                assertThat(documented).containsEntry(name, labels);
              }
            });
  }

  @Test
  void slowClientsKeepNobodyWaiting() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        Socket socket = RawHttp.connect(at());
        socket
            .getOutputStream()
            .write("GET /livez HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
        slow.add(socket);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(RawHttp.get(at(), "/status").status()).isEqualTo(200);
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header: x\r\n\r\n",
        "\u0016\u0003\u0001"
      })
  void whatIsNoRequestDoesNoHarm(String bytes) throws Exception {
    try (Socket socket = RawHttp.connect(at())) {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      byte[] ignored = socket.getInputStream().readAllBytes();
    } catch (IOException reset) {
      // So may the connection end, too.
    }
    assertThat(RawHttp.get(at(), "/livez").status()).isEqualTo(200);
  }
}
