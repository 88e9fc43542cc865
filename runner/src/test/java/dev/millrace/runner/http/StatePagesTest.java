package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.CommitPace;
import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.runner.host.NoStatusException;
import dev.millrace.runner.http.RawHttp.Reply;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Questions to the state of a job, at two servers of which each has one task. */
final class StatePagesTest {

  private static final String STATE = "/api/v1/jobs/letters/state";

  private final FakeJob first = new FakeJob();
  private final FakeJob second = new FakeJob();
  private final AdminServer server = AdminServer.start(first, System.err).orElseThrow();
  private final AdminServer other = AdminServer.start(second, System.err).orElseThrow();

  /** The first has task 0, and the second task 1. */
  private void divide() {
    second.instance = "c3";
    first.others = List.of(FakeJob.another("c3", "host", other.advertised().toString()));
    first.ownerOfOne = "c3";
    first.here = Set.of(0);
    second.here = Set.of(1);
  }

  @AfterEach
  void close() {
    server.close();
    other.close();
  }

  private URI at() {
    return server.uri();
  }

  private JsonNode rows(String question) {
    Reply reply = Described.get(at(), "/api/v1/jobs/{job}/state/{store}", STATE + question);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return Described.json(reply);
  }

  private static List<String> keys(JsonNode answer) {
    return answer.get("rows").valueStream().map(row -> row.get("key").asString()).toList();
  }

  @Test
  void storesAreListedWithWhyTheyCannotBeAsked() {
    JsonNode stores =
        Described.json(Described.get(at(), "/api/v1/jobs/{job}/state", STATE)).get("stores");
    assertThat(stores).hasSize(7);
    assertThat(stores.get(0).get("refusal").isNull()).isTrue();
    assertThat(stores.get(3).get("refusal").asString()).isEqualTo("its rows are timers");
  }

  @Test
  void sizesAreSummedUpOverInstances() {
    divide();
    JsonNode answer = Described.json(Described.get(at(), "/api/v1/jobs/{job}/state", STATE));
    assertThat(answer.at("/stores/0/rows").asLong()).isEqualTo(60);
    assertThat(answer.at("/stores/0/bytes").asLong()).isEqualTo(8192);
    assertThat(answer.at("/stores/1/rows").isNull()).as("not counted yet").isTrue();
    assertThat(answer.at("/stores/5/rows").asLong(-1))
        .as("of a stage that neither serves")
        .isZero();
    assertThat(answer.get("unanswered")).isEmpty();
    other.close();
    answer = Described.json(Described.get(at(), "/api/v1/jobs/{job}/state", STATE));
    assertThat(answer.at("/stores/0/rows").asLong()).isEqualTo(30);
    assertThat(answer.at("/unanswered/0/instance").asString()).isEqualTo("c3");
  }

  @Test
  void whileKafkaIsSilentSizesAreThoseOfOneInstanceAndTheAnswerSaysSo() {
    divide();
    first.noStatus =
        new NoStatusException("Cannot get the status of the job: Kafka is silent", null);
    JsonNode answer = Described.json(Described.get(at(), "/api/v1/jobs/{job}/state", STATE));
    assertThat(answer.at("/stores/0/rows").asLong()).isEqualTo(30);
    assertThat(answer.get("unanswered")).isEmpty();
    assertThat(answer.get("othersUnknown").asString()).contains("Kafka is silent");
    first.noStatus = null;
    answer = Described.json(Described.get(at(), "/api/v1/jobs/{job}/state", STATE));
    assertThat(answer.at("/stores/0/rows").asLong()).isEqualTo(60);
    assertThat(answer.get("othersUnknown").isNull()).isTrue();
  }

  @Test
  void openWindowsAreSummedUpOverInstances() {
    divide();
    JsonNode answer =
        Described.json(
            Described.get(at(), "/api/v1/jobs/{job}/windows", "/api/v1/jobs/letters/windows"));
    assertThat(answer.get("operators")).hasSize(1);
    assertThat(answer.at("/operators/0/operator").asString()).isEqualTo("counts");
    assertThat(answer.at("/operators/0/open").asLong()).isEqualTo(16);
    assertThat(answer.at("/operators/0/watermark").asString()).isEqualTo("2026-01-01T00:00:00Z");
  }

  private JsonNode analytics(String question) {
    Reply reply = Described.get(at(), "/api/v1/analytics/{store}", "/api/v1/analytics/" + question);
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    return Described.json(reply);
  }

  @Test
  void windowsThatAreNumbersAreAddedUpOverInstances() {
    divide();
    JsonNode answer = analytics("visits?window=1h&to=2026-01-01T02:00:00Z&limit=1");
    assertThat(answer.get("from").asString()).isEqualTo("2026-01-01T01:00:00Z");
    assertThat(answer.get("complete").asBoolean()).isTrue();
    assertThat(answer.get("rows").asLong()).as("a window of each of two keys").isEqualTo(2);
    assertThat(answer.get("sum").decimalValue()).isEqualByComparingTo("4");
    assertThat(answer.get("average").decimalValue()).isEqualByComparingTo("2");
    assertThat(answer.get("smallest").decimalValue()).isEqualByComparingTo("1");
    assertThat(answer.get("largest").decimalValue()).isEqualByComparingTo("3");
    assertThat(answer.get("windows").asInt()).isEqualTo(1);
    assertThat(answer.at("/newestWindows/0/sum").decimalValue()).isEqualByComparingTo("4");
    assertThat(answer.get("keys").asInt()).isEqualTo(2);
    assertThat(answer.get("largestKeys")).hasSize(1);
    assertThat(answer.at("/largestKeys/0/key").asString()).isEqualTo("a1");
    assertThat(answer.get("values")).isEmpty();

    JsonNode both = analytics("visits?window=2h&to=2026-01-01T02:00:00Z");
    assertThat(both.get("rows").asLong()).isEqualTo(4);
    assertThat(both.at("/newestWindows/0/window/start").asString())
        .isEqualTo("2026-01-01T01:00:00Z");
    assertThat(analytics("visits").get("rows").asLong()).as("the last hour of today").isZero();
    second.here = Set.of();
    assertThat(RawHttp.get(at(), "/api/v1/analytics/visits").status())
        .as("no sum has a hole")
        .isEqualTo(503);
  }

  @Test
  void windowsThatAreNoNumbersAreCountedAndShown() {
    JsonNode answer = analytics("pages?window=2h&to=2026-01-01T02:00:00Z");
    assertThat(answer.get("rows").asLong()).isEqualTo(5);
    assertThat(answer.get("sum").isNull()).isTrue();
    assertThat(answer.get("values")).hasSize(5);
    assertThat(answer.at("/largestKeys/0/sum").isNull()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "none, 404",
    "counts, 400",
    "timers, 400",
    "visits?window=0s, 400",
    "visits?window=soon, 400",
    "visits?window=100000000000d, 400",
    "visits?to=yesterday, 400",
    "visits?limit=1001, 400",
    "visits?key=a0, 400"
  })
  void analyticsOfWhatIsNoneAreRefused(String question, int status) {
    Reply reply = RawHttp.get(at(), "/api/v1/analytics/" + question);
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(Described.json(reply).get("detail").asString()).startsWith("Cannot ");
  }

  @Test
  void anAnswerSaysWhatItIsAsOf() {
    JsonNode answer = rows("/counts?key=a0");
    assertThat(RawHttp.get(at(), STATE + "/counts?key=a0").body())
        .as("with all its digits")
        .contains("\"value\" : 1.50\n");
    assertThat(answer.get("rows").get(0).get("window").isNull()).isTrue();
    assertThat(answer.get("asOf").asString()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(answer.at("/positions/0/offsets/in").asLong()).isEqualTo(12);
    assertThat(answer.at("/positions/0/instance").asString()).isEqualTo("a1");
    assertThat(answer.get("next").isNull()).isTrue();
    JsonNode absent = rows("/counts?key=z0");
    assertThat(absent.get("rows")).isEmpty();
    assertThat(absent.get("positions")).hasSize(1);
  }

  @Test
  void windowsHaveTheirBounds() {
    JsonNode window = rows("/pages?key=a1").at("/rows/0/window");
    assertThat(window.get("start").asString()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(window.get("end").asString()).isEqualTo("2026-01-01T01:00:00Z");
    assertThat(keys(rows("/pages?key=a1&from=2026-01-01T00:00:00Z"))).hasSize(1);
    assertThat(keys(rows("/pages?key=a1&to=2026-01-01T00:00:00Z"))).isEmpty();
    assertThat(keys(rows("/pages?key=a1&from=1767225600001"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/jobs/other/state, 404",
    "/api/v1/jobs/other/state/counts, 404",
    "/api/v1/jobs/letters/state/none, 404",
    "/api/v1/jobs/letters/state/counts?stage=words, 404",
    "/api/v1/jobs/letters/state/Counts, 400",
    "/api/v1/jobs/letters/state/timers, 400",
    "/api/v1/jobs/letters/state/twice, 400",
    "/api/v1/jobs/letters/state/counts?key=, 400",
    "/api/v1/jobs/letters/state/counts?key=a0&prefix=a, 400",
    "/api/v1/jobs/letters/state/counts?from=2026-01-01T00:00:00Z, 400",
    "/api/v1/jobs/letters/state/pages?from=yesterday, 400",
    "/api/v1/jobs/letters/state/pages?to=2026-13-01T00:00:00Z, 400",
    "/api/v1/jobs/letters/state/counts?limit=0, 400",
    "/api/v1/jobs/letters/state/counts?limit=1001, 400",
    "/api/v1/jobs/letters/state/counts?cursor=!, 400",
    "/api/v1/jobs/letters/state/counts?cursor=AAAACQ, 400",
    "/api/v1/jobs/letters/state/counts?key=a0&cursor=AAAAAA, 400",
    "/api/v1/jobs/letters/state/counts?maxAge=soon, 400",
    "/api/v1/jobs/letters/state/counts?max=1, 400",
    "/api/v1/jobs/letters/state?key=a0, 400"
  })
  void aQuestionThatIsWrongIsRefused(String path, int status) {
    Reply reply = RawHttp.get(at(), path);
    assertThat(reply.status()).as(reply.body()).isEqualTo(status);
    assertThat(Described.json(reply).get("detail").asString()).startsWith("Cannot ");
  }

  @Test
  void aKeyIsAskedOfItsOwner() {
    divide();
    JsonNode answer = rows("/counts?key=a1");
    assertThat(answer.at("/rows/0/value/n").asInt()).isEqualTo(4);
    assertThat(answer.at("/positions/0/instance").asString()).isEqualTo("c3");
    assertThat(answer.at("/positions/0/ended").asBoolean()).isTrue();
    Reply passedOn = RawHttp.get(at(), STATE + "/counts?key=a1", "Millrace-Forwarded: c3");
    assertThat(passedOn.status()).as("who is asked by an instance asks nobody").isEqualTo(503);
  }

  @Test
  void aKeyOfWhichNobodyKnowsTheTaskIsAskedOfAll() {
    divide();
    assertThat(keys(rows("/table?key=a0"))).containsExactly("a0");
    assertThat(keys(rows("/table?key=a1"))).containsExactly("a1");
    assertThat(RawHttp.get(at(), STATE + "/table?key=z1").status())
        .as("nobody has looked at all tasks")
        .isEqualTo(503);
  }

  @Test
  void pagesGoThroughTheTasksOfAllInstances() {
    divide();
    JsonNode all = rows("/counts");
    assertThat(keys(all)).containsExactly("a0", "b0", "c0", "a1", "b1");
    assertThat(all.get("positions")).hasSize(2);
    assertThat(all.get("asOf").asString()).as("the older").isEqualTo("2026-01-01T00:00:00Z");
    assertThat(keys(rows("/counts?prefix=b"))).containsExactly("b0", "b1");
    for (int limit = 1; limit <= 5; limit++) {
      List<String> keys = new ArrayList<>();
      String next = "";
      do {
        JsonNode page = rows("/counts?limit=" + limit + (next.isEmpty() ? "" : "&cursor=" + next));
        assertThat(page.get("rows").size()).isLessThanOrEqualTo(limit);
        keys.addAll(keys(page));
        next = page.get("next").asString("");
      } while (!next.isEmpty());
      assertThat(keys).as("limit " + limit).containsExactly("a0", "b0", "c0", "a1", "b1");
    }
  }

  @Test
  void aTaskThatNobodyHasEndsThePageBeforeIt() {
    divide();
    second.here = Set.of();
    JsonNode page = rows("/counts");
    assertThat(keys(page)).containsExactly("a0", "b0", "c0");
    Reply rest =
        Described.get(
            at(),
            "/api/v1/jobs/{job}/state/{store}",
            STATE + "/counts?cursor=" + page.get("next").asString());
    assertThat(rest.status()).isEqualTo(503);
    assertThat(rest.headers()).containsKey("retry-after");
    JsonNode problem = Described.json(rest);
    assertThat(problem.get("stage").asString()).isEqualTo("lines");
    assertThat(problem.get("task").asInt()).isEqualTo(1);
    assertThat(problem.get("reason").asString()).isEqualTo("ELSEWHERE");
    other.close();
    assertThat(RawHttp.get(at(), STATE + "/counts?key=a1").status()).isEqualTo(503);
  }

  @Test
  void aTaskOnItsWayMayBeAskedForLater() {
    first.here = Set.of(0);
    Reply reply = RawHttp.get(at(), STATE + "/counts?key=a1");
    assertThat(reply.status()).as("it is its own by the status").isEqualTo(503);
    assertThat(reply.headers()).as("2.5 s").containsEntry("retry-after", "3");
    first.noState =
        new StateUnavailableException(
            "Cannot read the state: not started",
            StateUnavailableException.Reason.STOPPED,
            Place.ofJob("letters"),
            Duration.ofSeconds(1));
    assertThat(RawHttp.get(at(), STATE).status()).isEqualTo(503);
    assertThat(RawHttp.get(at(), STATE + "/counts?key=a0").status()).isEqualTo(503);
  }

  @Test
  void whereSinksWantRareCommitsTheLastOneWillDo() {
    rows("/counts?key=a0");
    assertThat(first.askedAge).isEqualTo(Duration.ofSeconds(1));
    rows("/counts?key=a0&maxAge=0s");
    assertThat(first.askedAge).isZero();
    second.pace =
        new CommitPace(CommitPace.Reason.SINK, Duration.ofSeconds(60), Duration.ofMillis(3));
    assertThat(RawHttp.get(other.uri(), STATE + "/counts?key=a0").status()).isEqualTo(200);
    assertThat(second.askedAge).isEqualTo(Duration.ofSeconds(121));
  }
}
