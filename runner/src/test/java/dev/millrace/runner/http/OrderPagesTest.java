package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.runner.host.KafkaSilentException;
import dev.millrace.runner.http.RawHttp.Reply;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Orders by HTTP, and who may give them. */
final class OrderPagesTest {

  private static final String READ = "0123456789abcdef-reads";
  private static final String WRITE = "0123456789abcdef-writes";
  private static final String PAUSE = "/api/v1/jobs/letters/pause";
  private static final String HEADER = "X-Requested-With: test";

  private FakeJob job = new FakeJob();
  private AdminServer server = AdminServer.start(job, System.err).orElseThrow();

  private void restart(JobConfig config) {
    server.close();
    job = new FakeJob(config);
    server = AdminServer.start(job, System.err).orElseThrow();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private URI at() {
    return server.uri();
  }

  @Test
  void everyOrderIsGivenAndAnsweredAsDescribed() {
    for (String path : Described.orders()) {
      if (path.endsWith("/checkpoint")) {
        continue; // It is done when it is answered.
      }
      Reply reply =
          Described.ask(
              at(),
              "POST",
              path,
              path.replace("{job}", "letters").replace("{source}", "lines"),
              HEADER);
      assertThat(reply.status()).as(path).isEqualTo(202);
    }
    assertThat(job.orders)
        .contains("PAUSE", "RESUME", "STOP", "START", "PAUSE lines", "RESUME lines");
  }

  /** A source that is stopped must never stop its whole job. */
  @ParameterizedTest
  @CsvSource({"stop, PAUSE", "start, RESUME"})
  void aSourceIsStoppedByAPauseAndTheAnswerSaysSo(String order, String given) {
    Reply reply =
        Described.ask(
            at(),
            "POST",
            "/api/v1/jobs/{job}/sources/{source}/" + order,
            "/api/v1/jobs/letters/sources/lines/" + order,
            HEADER);
    assertThat(reply.status()).isEqualTo(202);
    assertThat(Described.json(reply).get("order").asString()).isEqualTo(given);
    assertThat(job.orders).containsExactly(given + " lines");
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /api/v1/jobs/other/pause, 404",
    "POST, /api/v1/jobs/letters/sources/none/pause, 404",
    "POST, /api/v1/jobs/letters/sources/No/pause, 400",
    "POST, /api/v1/jobs/letters/sources/none/stop, 404",
    "POST, /api/v1/jobs/letters/sources/lines/checkpoint, 404",
    "POST, /api/v1/jobs/letters/pause?source=lines, 400",
    "GET, /api/v1/jobs/letters/pause, 405",
    "PUT, /api/v1/jobs/letters/pause, 405",
    "POST, /api/v1/jobs/letters, 405"
  })
  void whatIsNoOrderIsRefused(String method, String path, int status) {
    Reply reply = RawHttp.ask(at(), method, path, HEADER);
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(Described.json(reply).get("detail").asString()).startsWith("Cannot ");
    assertThat(job.orders).isEmpty();
  }

  @Test
  void anOrderThatKafkaDoesNotTakeMayBeRepeated() {
    job.noOrder = new KafkaSilentException("Cannot tell whether the order is taken", null);
    Reply reply = RawHttp.ask(at(), "POST", PAUSE, HEADER);
    assertThat(reply.status()).isEqualTo(503);
    assertThat(reply.headers()).containsEntry("retry-after", "1");
  }

  private int pause(String... headers) {
    return RawHttp.ask(at(), "POST", PAUSE, headers).status();
  }

  @Test
  void pagesOfOthersChangeNothingWithoutAToken() {
    assertThat(pause()).as("as a form sends it").isEqualTo(403);
    assertThat(pause("Content-Type: application/x-www-form-urlencoded")).isEqualTo(403);
    assertThat(pause(HEADER, "Origin: http://evil.example")).isEqualTo(403);
    assertThat(pause(HEADER, "Origin: null")).isEqualTo(403);
    assertThat(pause(HEADER, "Sec-Fetch-Site: cross-site")).isEqualTo(403);
    assertThat(pause(HEADER, "Sec-Fetch-Site: same-site"))
        .as("another port of this host")
        .isEqualTo(403);
    assertThat(pause(HEADER, "Host: evil.example", "Origin: http://evil.example"))
        .as("a name of a stranger that leads here")
        .isEqualTo(403);
    Reply preflight =
        RawHttp.ask(
            at(),
            "OPTIONS",
            PAUSE,
            "Origin: http://evil.example",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: x-requested-with");
    assertThat(preflight.status()).isEqualTo(405);
    assertThat(preflight.headers().keySet()).noneMatch(name -> name.startsWith("access-control"));
    assertThat(job.orders).isEmpty();
    assertThat(
            pause(HEADER, "Origin: http://" + at().getAuthority(), "Sec-Fetch-Site: same-origin"))
        .isEqualTo(202);
  }

  @Test
  void whoMayOnlyReadChangesNothing() {
    restart(JobConfig.defaults().with("http.token", READ));
    assertThat(pause(HEADER)).isEqualTo(401);
    assertThat(pause(HEADER, "Authorization: Bearer " + READ)).as("nobody may").isEqualTo(403);
    restart(JobConfig.defaults().with("http.token", READ).with("http.write.token", WRITE));
    assertThat(pause(HEADER)).isEqualTo(401);
    assertThat(pause("Authorization: Bearer " + READ)).isEqualTo(403);
    assertThat(pause("Authorization: Bearer x" + WRITE)).isEqualTo(401);
    assertThat(job.orders).isEmpty();
    assertThat(pause("Authorization: Bearer " + WRITE)).isEqualTo(202);
    assertThat(RawHttp.get(at(), "/status", "Authorization: Bearer " + WRITE).status())
        .isEqualTo(200);
    assertThat(RawHttp.get(at(), "/status", "Authorization: Bearer " + READ).status())
        .isEqualTo(200);
    assertThat(RawHttp.get(at(), "/status").status()).isEqualTo(401);
  }

  @Test
  void aTokenToWriteLeavesReadingFree() {
    restart(JobConfig.defaults().with("http.write.token", WRITE));
    assertThat(RawHttp.get(at(), "/status").status()).isEqualTo(200);
    assertThat(pause(HEADER)).isEqualTo(401);
    assertThat(pause("Authorization: Bearer " + WRITE)).isEqualTo(202);
  }

  @Test
  void aJobThatIsStoppedSaysSo() {
    job.stopped = true;
    assertThat(RawHttp.get(at(), "/api/v1/jobs/letters").body())
        .contains("\"stopped\" : true", "\"status\" : \"STOPPED\"");
  }
}
