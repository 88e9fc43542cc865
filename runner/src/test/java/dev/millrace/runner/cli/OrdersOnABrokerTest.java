package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.cli.CommandLine.Result;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Orders to a job that runs: pause, resume, stop, start, evict; and the watch of its status. */
@WithBroker
final class OrdersOnABrokerTest {

  @TempDir Path directory;

  private BrokerCommands job;

  @BeforeEach
  void setUp(TestBroker broker) {
    job = new BrokerCommands(broker, LetterCountJob.class, directory);
  }

  @Test
  void aPausedJobReadsNothingUntilItIsResumed() throws Exception {
    job.write("apple");
    job.whileRunning(
        () -> {
          awaitResults(Map.of("a", "1"));
          Result paused = job.run("pause", job.name);
          assertThat(paused.code()).isZero();
          assertThat(paused.out()).startsWith("Job '" + job.name + "' is paused");
          Awaitility.await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> job.run("status", job.name).out().contains("PAUSED"));
          job.write("banana");

          Result asJson = job.run("pause", job.name, "--source", job.in, "-o", "json");
          Map<?, ?> answer = JsonMapper.shared().readValue(asJson.out(), Map.class);
          assertThat(answer)
              .isEqualTo(Map.of("job", job.name, "paused", true, "pausedSources", List.of(job.in)));
          assertThat(job.run("resume", job.name).out())
              .isEqualTo(
                  "Source '"
                      + job.in
                      + "' of job '"
                      + job.name
                      + "' is paused until it is resumed"
                      + System.lineSeparator());
          assertThat(job.results()).isEqualTo(Map.of("a", "1"));
          assertThat(job.run("resume", job.name, "--source", job.in).out())
              .contains("is not paused");
          awaitResults(Map.of("a", "1", "b", "1"));
        });
  }

  @Test
  void aStoppedJobWaitsUntilItIsStarted() throws Exception {
    job.write("apple");
    job.whileRunning(
        () -> {
          awaitResults(Map.of("a", "1"));
          assertThat(job.run("stop", job.name).out())
              .startsWith("Job '" + job.name + "' is stopped");
          Awaitility.await()
              .atMost(Duration.ofSeconds(30))
              .until(() -> job.run("status", job.name).code() == 3);
          job.write("banana");
          assertThat(job.results()).isEqualTo(Map.of("a", "1"));

          Result started = job.run("start", job.name, "-o", "json");
          assertThat((Object) JsonMapper.shared().readValue(started.out(), Map.class))
              .isEqualTo(Map.of("job", job.name, "stopped", false));
          awaitResults(Map.of("a", "1", "b", "1"));
        });
  }

  @Test
  void ordersToNobodyAreRefused() {
    assertThat(job.run("pause", job.name).code()).isEqualTo(2);
    assertThat(job.run("resume", job.name).err()).contains("Cannot find job '" + job.name + "'");
    assertThat(job.run("stop", job.name).code()).isEqualTo(2);
    assertThat(job.run("start", job.name).code()).isEqualTo(2);
    assertThat(job.run("evict", job.name, "a1").code()).isEqualTo(2);
    job.write("apple");
    assertThat(job.runToEnd().code()).isZero();
    Result wrong = job.run("pause", job.name, "--source", "nothing");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("it is no source of job", job.in);
  }

  @Test
  void anEvictedInstanceThatLivesJoinsAgain() throws Exception {
    job.whileRunning(
        () -> {
          String json = job.run("status", job.name, "-o", "json").out();
          Map<?, ?> status = JsonMapper.shared().readValue(json, Map.class);
          String id = (String) ((Map<?, ?>) ((List<?>) status.get("instances")).get(0)).get("id");
          Result evicted = job.run("evict", job.name, id);
          assertThat(evicted.code()).isZero();
          assertThat(evicted.out())
              .startsWith("Instance '" + id + "' of job '" + job.name + "' is evicted")
              .contains("Members removed: ");
          job.write("cherry");
          awaitResults(Map.of("c", "1"));

          assertThat(job.run("evict", job.name, "nobody").out())
              .contains("has left nothing behind");
          assertThat(job.run("evict", job.name, "nobody", "-o", "json").out())
              .contains("\"members\" : [ ]", "\"instance\" : \"nobody\"");
        });
  }

  @Test
  void aWatchEndsWhenTheJobIsNotHealthy() {
    job.write("apple");
    assertThat(job.runToEnd().code()).isZero();
    job.run("reset", job.name, "--to-earliest", "--execute");
    Result ended = job.run("status", "--watch", "100ms", job.name, "--exit-code", "-o", "json");
    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.outLines()).singleElement().asString().contains("\"phase\":\"RESET\"");
  }

  private void awaitResults(Map<String, String> results) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(job.results()).isEqualTo(results));
  }
}
