package dev.millrace.runner.cli;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.CommitPace;
import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.metrics.StageCounters;
import dev.millrace.runner.StageStatus;
import dev.millrace.runner.output.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The status of a job as text: whether it is healthy, and why not, and what became of records. */
final class StatusCommandTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static final StageCounters COUNTERS =
      new StageCounters(
          Map.ofEntries(
              entry("recordsIn", 11L),
              entry("recordsOut", 12L),
              entry("lateRecords", 13L),
              entry("partlyLateRecords", 14L),
              entry("skippedRecords", 15L),
              entry("deadLetters", 16L),
              entry("tombstones", 17L),
              entry("unmatchedRetractions", 18L),
              entry("dividingCommits", 19L),
              entry("aborts", 20L)));

  private static String text(JobPhase phase, JobStatus.Task.State state) {
    return text(phase, 0, state);
  }

  private static String text(JobPhase phase, int resets, JobStatus.Task.State state) {
    return text(phase, resets, List.of(stage("words", state, List.of())));
  }

  private static JobStatus.Stage stage(
      String name, JobStatus.Task.State state, List<String> awaited) {
    return stage(name, 1, state, awaited, List.of());
  }

  private static JobStatus.Stage stage(
      String name,
      int members,
      JobStatus.Task.State state,
      List<String> awaited,
      List<String> heldBackBy,
      JobStatus.Worker... workers) {
    JobStatus.Task task = new JobStatus.Task(0, "a1", state, Optional.empty());
    JobStatus.Input input =
        new JobStatus.Input(
            name.equals("rows") ? "profiles" : "other",
            0,
            OptionalLong.of(30),
            OptionalLong.of(42),
            OptionalLong.of(12));
    return StageStatus.of("job", name)
        .members(members)
        .tasks(List.of(task))
        .inputs(input)
        .counters(COUNTERS)
        .awaits(awaited)
        .heldBackBy(heldBackBy)
        .pace(
            new CommitPace(
                CommitPace.Reason.CAUGHT_UP, Duration.ofNanos(18_260_000), Duration.ofMillis(3)))
        .workers(workers)
        .build();
  }

  private static String text(JobPhase phase, int resets, List<JobStatus.Stage> stages) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StatusCommand.print(
        status(phase, resets, stages), new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static JobStatus status(JobPhase phase, int resets, List<JobStatus.Stage> stages) {
    JobStatus.Instance copy =
        new JobStatus.Instance(
            "a1",
            "host",
            42,
            InstanceState.RUNNING,
            "",
            3,
            "2026-01-01T00:00:00Z by signal 9",
            NOW,
            true,
            Optional.of(Duration.ofMillis(6_500)),
            List.of(new JobStatus.Table("rates", "topic", false, 21, 22, 23, 24)),
            Optional.empty());
    return new JobStatus(
        "job", phase, resets, false, false, false, List.of(), false, List.of(copy), stages);
  }

  /** {@return the cells of the line after the one that begins with this word, or of that line} */
  private static List<String> cells(String text, String first, int after) {
    List<String> lines = text.lines().toList();
    for (int i = lines.size() - 1; i >= 0; i--) {
      if (lines.get(i).startsWith(first)) {
        return Stream.of(lines.get(i + after).split(" {2,}")).toList();
      }
    }
    throw new AssertionError("no line begins with " + first + " in:\n" + text);
  }

  /** Scripts read them there. */
  @Test
  void asJsonTheCountersOfAStageAreItsProperties() {
    JsonNode stage = Json.LINE.valueToTree(stage("words", JobStatus.Task.State.ACTIVE, List.of()));
    COUNTERS
        .values()
        .forEach((name, value) -> assertThat(stage.get(name).longValue()).isEqualTo(value));
    assertThat(stage.get("abortedTransactions").longValue()).isEqualTo(20);
    assertThat(stage.get("name").stringValue()).isEqualTo("words");
    assertThat(stage.get("pace").get("reason").stringValue()).isEqualTo("CAUGHT_UP");
    assertThat(stage.has("counters")).isFalse();
  }

  @Test
  void everyCounterIsUnderItsHead() {
    String text = text(JobPhase.READY, JobStatus.Task.State.ACTIVE);
    assertThat(cells(text, "STAGE", 0))
        .containsExactly(
            "STAGE",
            "IN",
            "OUT",
            "LATE",
            "PARTLY LATE",
            "SKIPPED",
            "DEAD LETTERS",
            "TOMBSTONES",
            "UNMATCHED",
            "DIVIDING",
            "ABORTS");
    assertThat(cells(text, "STAGE", 1))
        .containsExactly("words", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20");
    assertThat(cells(text, "INSTANCE", 1)).contains("6.5 s");
    assertThat(text)
        .containsPattern("STAGE +COMMITS EVERY +EACH TAKES +BECAUSE")
        .containsPattern("words +18\\.3 ms +3\\.0 ms +CAUGHT_UP");
    assertThat(cells(text, "TABLE", 0))
        .containsExactly("TABLE", "INSTANCE", "STATE", "ROWS", "BYTES", "LAG", "SKIPPED", "TOPIC");
    assertThat(cells(text, "TABLE", 1))
        .containsExactly("rates", "a1", "LOADING", "21", "22", "23", "24", "topic");
  }

  @Test
  void aLineNamesTheTableThatAStreamWaitsFor() {
    JobStatus.Stage table = stage("rows", JobStatus.Task.State.LOADING, List.of());
    JobStatus.Stage lookup = stage("joined", JobStatus.Task.State.WAITING, List.of("profiles"));
    String text = text(JobPhase.READY, 0, List.of(table, lookup));
    assertThat(text)
        .contains("reset 0 times, healthy")
        .contains(
            "stage joined does not read its stream before the table of topic profiles is there (12"
                + " records left)");
    assertThat(text(JobPhase.READY, 0, List.of(table))).doesNotContain("does not read");
  }

  @Test
  void aLineNamesEachWorkerThatDoesNotJustWork() {
    List<JobStatus.Worker> workers = new ArrayList<>();
    for (JobStatus.Worker.Phase phase : JobStatus.Worker.Phase.values()) {
      workers.add(new JobStatus.Worker("a1", phase.ordinal(), phase, NOW));
    }
    JobStatus.Stage stage =
        stage(
            "words",
            1,
            JobStatus.Task.State.ACTIVE,
            List.of(),
            List.of(),
            workers.toArray(new JobStatus.Worker[0]));
    assertThat(text(JobPhase.READY, 0, List.of(stage)).lines())
        .contains(
            "worker 4 of stage words on a1 has been suspended since 2026-01-01T00:00:00Z: the"
                + " system behind a sink keeps failing")
        .contains("worker 1 of stage words on a1 has been restoring state since " + NOW)
        .filteredOn(line -> line.startsWith("worker "))
        .hasSize(4);
  }

  @Test
  void aLineSaysThatNobodyReadsTheTableThatAStreamWaitsFor() {
    JobStatus.Task.State unassigned = JobStatus.Task.State.UNASSIGNED;
    JobStatus.Stage table = stage("rows", 0, unassigned, List.of(), List.of());
    JobStatus.Stage lookup = stage("joined", JobStatus.Task.State.WAITING, List.of("profiles"));
    assertThat(text(JobPhase.READY, 0, List.of(table, lookup)))
        .contains("topic profiles is there (12 records left, which no copy reads)");
  }

  @Test
  void aLineNamesTheStageThatASourceIsHeldBackFor() {
    JobStatus.Task.State paused = JobStatus.Task.State.PAUSED;
    JobStatus.Stage source = stage("words", 1, paused, List.of(), List.of("counts"));
    JobStatus.Stage served = stage("counts", JobStatus.Task.State.ACTIVE, List.of());
    String line = "stage words is held back until stage counts has read more of what it sends";
    assertThat(text(JobPhase.READY, 0, List.of(source, served)).lines()).contains(line);
    JobStatus.Stage alone =
        stage("counts", 0, JobStatus.Task.State.UNASSIGNED, List.of(), List.of());
    assertThat(text(JobPhase.READY, 0, List.of(source, alone)).lines())
        .contains(line + ", and no copy runs that stage");
  }

  @Test
  void aLineNamesTheGroupThatCouldNotBeAsked() {
    JobStatus.Task.State paused = JobStatus.Task.State.PAUSED;
    JobStatus.Stage source = stage("words", 1, paused, List.of(), List.of("counts"));
    JobStatus.Stage away =
        StageStatus.of("job", "counts")
            .members(0)
            .tasks(
                List.of(
                    new JobStatus.Task(
                        0, "a1", JobStatus.Task.State.ACTIVE, Optional.of(Instant.MAX))))
            .inputs(
                new JobStatus.Input(
                    "shuffle", 0, OptionalLong.empty(), OptionalLong.of(9), OptionalLong.empty()))
            .groupFailure("Cannot look up the members of group job.counts: no answer.")
            .build();
    String text = text(JobPhase.READY, 0, List.of(source, away));
    assertThat(text.lines())
        .contains(
            "group job.counts could not be asked, so offsets and lag of stage counts are not known:"
                + " Cannot look up the members of group job.counts: no answer.");
    assertThat(text).contains("reset 0 times, healthy").doesNotContain("no copy runs");
    assertThat(StatusCommand.isWithin(100, status(JobPhase.READY, 0, List.of(source)))).isTrue();
    assertThat(StatusCommand.isWithin(11, status(JobPhase.READY, 0, List.of(source)))).isFalse();
    assertThat(StatusCommand.isWithin(100, status(JobPhase.READY, 0, List.of(source, away))))
        .isFalse();
  }

  @Test
  void theFirstLineHasTheReasonWhereAJobIsNotHealthy() {
    assertThat(text(JobPhase.READY, JobStatus.Task.State.ACTIVE).lines().findFirst().orElseThrow())
        .endsWith("reset 0 times, healthy");
    assertThat(text(JobPhase.READY, 1, JobStatus.Task.State.ACTIVE))
        .contains("reset 1 time, healthy");
    assertThat(text(JobPhase.READY, JobStatus.Task.State.RESTORING))
        .contains("NOT HEALTHY: 1 task does not run");
    assertThat(text(JobPhase.RESET, JobStatus.Task.State.ACTIVE))
        .contains("NOT HEALTHY: not started since its reset");
    assertThat(text(JobPhase.RESETTING, JobStatus.Task.State.ACTIVE))
        .contains("NOT HEALTHY: a reset or deletion of it is not complete");
  }
}
