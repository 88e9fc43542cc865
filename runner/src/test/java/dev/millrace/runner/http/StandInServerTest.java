package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.runner.http.RawHttp.Reply;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class StandInServerTest {

  private static final StandInServer.Absence ABSENCE =
      new StandInServer.Absence(
          "Not healthy: the instance a1 of job words has ended with exit code 1: no luck",
          Instant.now().plusSeconds(20));

  private static StandInServer start(Optional<String> token) {
    JobConfig config =
        token
            .map(secret -> JobConfig.defaults().with("http.token", secret))
            .orElse(JobConfig.defaults());
    return StandInServer.start(Listening.loopback(0), config, () -> ABSENCE).orElseThrow();
  }

  private static URI at(StandInServer server) {
    return URI.create("http://127.0.0.1:" + server.port());
  }

  @Test
  void aProbeFindsTheSupervisorAlive() {
    try (StandInServer server = start(Optional.empty())) {
      Reply live = Described.get(at(server), "/livez", "/livez");
      assertThat(live.status()).isEqualTo(200);
      assertThat(Described.json(live).get("live").asBoolean()).isTrue();
      Reply ready = Described.get(at(server), "/readyz", "/readyz");
      assertThat(ready.status()).isEqualTo(503);
      assertThat(ready.body()).contains("has ended").doesNotContain("no luck");
    }
  }

  @Test
  void everythingElseIsAnsweredWithTheReason() {
    try (StandInServer server = start(Optional.empty())) {
      for (String path : new String[] {"/health", "/status", "/api/v1/jobs/words/stages", "/"}) {
        Reply reply = RawHttp.get(at(server), path);
        assertThat(reply.status()).as(path).isEqualTo(503);
        assertThat(reply.headers()).containsEntry("content-type", "application/problem+json");
        assertThat(Integer.parseInt(reply.headers().get("retry-after"))).isBetween(1, 20);
        assertThat(Described.json(reply).get("detail").asString())
            .startsWith("Not healthy: the instance a1 of job words has ended with exit code 1")
            .contains("no luck. It is started again in ");
        assertThat(RawHttp.ask(at(server), "HEAD", path).body()).isEmpty();
      }
    }
  }

  @Test
  void strangersLearnNothing() {
    try (StandInServer server = start(Optional.of("a-secret-of-a-test"))) {
      assertThat(RawHttp.get(at(server), "/livez").status()).isEqualTo(200);
      assertThat(RawHttp.get(at(server), "/health").status()).isEqualTo(401);
      assertThat(
              RawHttp.get(at(server), "/health", "Authorization: Bearer a-secret-of-a-test").body())
          .contains("no luck");
      assertThat(RawHttp.get(at(server), "/livez", "Host: evil.example").status()).isEqualTo(403);
    }
  }

  @Test
  void anAddressThatIsTakenCostsTheAnswersOnly() {
    try (StandInServer server = start(Optional.empty())) {
      InetSocketAddress taken = Listening.loopback(server.port());
      assertThat(StandInServer.start(taken, JobConfig.defaults(), () -> ABSENCE)).isEmpty();
    }
  }

  @Test
  void theAddressIsFreeAgainAtOnce() {
    int port;
    try (StandInServer server = start(Optional.empty())) {
      port = server.port();
      assertThat(RawHttp.get(at(server), "/livez").status()).isEqualTo(200);
    }
    Optional<StandInServer> next =
        StandInServer.start(Listening.loopback(port), JobConfig.defaults(), () -> ABSENCE);
    assertThat(next).isPresent();
    next.get().close();
  }
}
