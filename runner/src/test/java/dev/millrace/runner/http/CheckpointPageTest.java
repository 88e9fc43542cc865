package dev.millrace.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.Place;
import dev.millrace.error.StateUnavailableException;
import dev.millrace.runner.http.RawHttp.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Checkpoints by HTTP of a job of two instances, each of which has one of its two tasks. */
final class CheckpointPageTest {

  private static final String HEADER = "X-Requested-With: test";
  private static final String PATH = "/api/v1/jobs/letters/checkpoint";

  private final FakeJob first = new FakeJob();
  private final FakeJob second = new FakeJob();
  private final AdminServer server = AdminServer.start(first, System.err).orElseThrow();
  private final AdminServer other = AdminServer.start(second, System.err).orElseThrow();

  @BeforeEach
  void divide() {
    second.instance = "c3";
    first.others = List.of(FakeJob.another("c3", "host", other.advertised().toString()));
    first.here = Set.of(0);
    second.here = Set.of(1);
  }

  @AfterEach
  void close() {
    server.close();
    other.close();
  }

  private Reply take() {
    return Described.ask(server.uri(), "POST", "/api/v1/jobs/{job}/checkpoint", PATH, HEADER);
  }

  @Test
  void itIsOfAllTasksWhoeverHasThem() {
    Reply reply = take();
    assertThat(reply.status()).as(reply.body()).isEqualTo(200);
    JsonNode tasks = Described.json(reply).get("tasks");
    assertThat(tasks.valueStream().map(task -> task.get("instance").asString()))
        .containsExactly("a1", "c3");
    assertThat(tasks.get(1).at("/offsets/in").asLong()).isEqualTo(12);
    Reply own = RawHttp.ask(server.uri(), "POST", PATH, HEADER, "Millrace-Forwarded: c3");
    assertThat(Described.json(own).get("tasks")).as("for another instance").hasSize(1);
  }

  @Test
  void aTaskThatIsNotInItIsNamed() {
    second.here = Set.of();
    Reply moving = take();
    assertThat(moving.status()).isEqualTo(503);
    assertThat(moving.headers()).containsKey("retry-after");
    assertThat(moving.body()).contains("[lines-1] are not in it");
    other.close();
    assertThat(take().body()).contains("lines-1", "c3: it cannot be asked");
  }

  @Test
  void aTaskThatCannotCommitIsAProblem() {
    first.noState =
        new StateUnavailableException(
            "Cannot take a checkpoint: it is being restored",
            StateUnavailableException.Reason.RESTORING,
            Place.ofJob("letters").withStage("lines").withTask(0),
            Duration.ofSeconds(1));
    JsonNode problem = Described.json(take());
    assertThat(problem.get("status").asInt()).isEqualTo(503);
    assertThat(problem.get("reason").asString()).isEqualTo("RESTORING");
  }

  @Test
  void whoMayNotWriteTakesNone() {
    assertThat(RawHttp.ask(server.uri(), "POST", PATH).status()).isEqualTo(403);
    assertThat(RawHttp.get(server.uri(), PATH).status()).isEqualTo(405);
  }
}
