package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.http.RawHttp.Reply;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Two servers, each of which answers for the other as well. */
final class OtherInstancesTest {

  private static final String TOKEN = "0123456789abcdef-token";
  private static final String JOB = "/api/v1/jobs/letters";

  private FakeJob first = new FakeJob();
  private FakeJob second = new FakeJob();
  private AdminServer server = AdminServer.start(first, System.err).orElseThrow();
  private AdminServer other = AdminServer.start(second, System.err).orElseThrow();

  OtherInstancesTest() {
    introduce();
  }

  private void introduce() {
    second.instance = "c3";
    first.others = List.of(another());
  }

  private JobStatus.Instance another() {
    return FakeJob.another("c3", "host", other.advertised().toString());
  }

  private void restart(JobConfig ofFirst, JobConfig ofSecond) {
    close();
    first = new FakeJob(ofFirst);
    second = new FakeJob(ofSecond);
    server = AdminServer.start(first, System.err).orElseThrow();
    other = AdminServer.start(second, System.err).orElseThrow();
    introduce();
  }

  @AfterEach
  void close() {
    server.close();
    other.close();
  }

  private URI at() {
    return server.uri();
  }

  private static Set<String> instances(JsonNode sources) {
    return sources
        .valueStream()
        .map(each -> each.get("instance").asString())
        .collect(Collectors.toSet());
  }

  @Test
  void whatOnlyTheOwnerKnowsIsAskedOfTheOwner() {
    JsonNode answer =
        Described.json(Described.get(at(), "/api/v1/jobs/{job}/watermarks", JOB + "/watermarks"));
    assertThat(instances(answer.get("sources"))).containsExactlyInAnyOrder("a1", "c3");
    assertThat(answer.get("unanswered")).isEmpty();
    JsonNode instances =
        Described.json(Described.get(at(), "/api/v1/jobs/{job}/instances", JOB + "/instances"))
            .get("instances");
    assertThat(instances).hasSize(3);
    assertThat(instances.get(0).get("own").get("instance").asString()).isEqualTo("a1");
    assertThat(instances.get(1).get("own").isNull()).as("it has failed").isTrue();
    assertThat(instances.get(2).get("own").get("instance").asString()).isEqualTo("c3");
  }

  @Test
  void aPageOfAnInstanceIsHadAtAnyOther() {
    for (String path : List.of("/status", JOB + "/threads", JOB + "/config")) {
      assertThat(instance(path + "?instance=c3")).as(path).isEqualTo("c3");
      assertThat(instance(path + "?instance=a1")).as(path).isEqualTo("a1");
      assertThat(instance(path)).as(path).isEqualTo("a1");
    }
    assertThat(RawHttp.get(at(), JOB + "/threads?depth=1&instance=c3").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), JOB + "/threads?depth=x&instance=c3").status()).isEqualTo(400);
    Reply unknown = RawHttp.get(at(), "/status?instance=zz");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).contains("a1", "c3").doesNotContain("zz\"");
  }

  private String instance(String path) {
    Reply reply = RawHttp.get(at(), path);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return Described.json(reply).get("instance").asString();
  }

  @Test
  void whoIsAskedByAnInstanceAnswersForItselfAlone() {
    String passedOn = "Millrace-Forwarded: c3";
    JsonNode answer = Described.json(RawHttp.get(at(), JOB + "/watermarks", passedOn));
    assertThat(instances(answer.get("sources"))).containsExactly("a1");
    assertThat(answer.get("unanswered")).isEmpty();
    assertThat(RawHttp.get(at(), "/status?instance=c3", passedOn).status()).isEqualTo(421);
    assertThat(RawHttp.get(at(), "/status", "Millrace-To: a1").status()).isEqualTo(200);
    assertThat(RawHttp.get(at(), "/status", "Millrace-To: zz").status())
        .as("it is for whoever had this address before")
        .isEqualTo(421);
  }

  @Test
  void whoDoesNotAnswerIsNamed() {
    first.others =
        List.of(
            another(),
            FakeJob.another("d4", "host", null),
            FakeJob.another("e5", "elsewhere", "http://127.0.0.1:7575"),
            FakeJob.another("f6", "elsewhere", "file:///etc/passwd"));
    other.close();
    for (String page : List.of("", "/watermarks", "/instances")) {
      JsonNode unanswered =
          Described.json(Described.get(at(), "/api/v1/jobs/{job}" + page, JOB + page))
              .get("unanswered");
      assertThat(unanswered).hasSize(4);
      assertThat(unanswered.get(0).get("reason").asString())
          .isEqualTo("it cannot be asked (nobody takes connections at its address)");
      assertThat(unanswered.get(1).get("reason").asString()).contains("serves no HTTP");
      assertThat(unanswered.get(2).get("reason").asString()).contains("on another host");
      assertThat(unanswered.get(3).get("reason").asString()).contains("is none");
    }
    Reply refused = RawHttp.get(at(), "/status?instance=c3");
    assertThat(refused.status()).isEqualTo(502);
    assertThat(refused.body()).contains("Cannot ask instance c3");
  }

  @Test
  void theTokenOfTheRequestGoesAlong() {
    JobConfig withToken = JobConfig.defaults().with("http.token", TOKEN);
    restart(withToken, withToken);
    String header = "Authorization: Bearer " + TOKEN;
    JsonNode answer = Described.json(RawHttp.get(at(), JOB + "/watermarks", header));
    assertThat(instances(answer.get("sources"))).containsExactlyInAnyOrder("a1", "c3");
    restart(withToken, withToken.with("http.token", TOKEN + "-2"));
    JsonNode refused = Described.json(RawHttp.get(at(), JOB + "/watermarks", header));
    assertThat(refused.get("unanswered").get(0).get("reason").asString())
        .isEqualTo("it answers 401");
    assertThat(RawHttp.get(at(), "/status?instance=c3", header).status()).isEqualTo(401);
  }
}
