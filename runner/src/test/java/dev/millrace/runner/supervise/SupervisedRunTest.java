package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.JobAdmin;
import dev.millrace.config.JobConfig;
import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A supervisor and its instance as processes, on a real broker. */
@WithBroker
final class SupervisedRunTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private TestBroker broker;
  private String in;
  private String out;
  private String name;

  @BeforeEach
  void setUp(TestBroker testBroker) {
    broker = testBroker;
    in = broker.createTopic(broker.uniqueName("lines"), 2);
    out = broker.createTopic(broker.uniqueName("letters"), 1);
    name = broker.uniqueName("letters");
  }

  private SupervisedRun start(Class<?> job, String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of("-b", broker.bootstrapServers()));
    all.addAll(List.of("--state-dir", directory.toString()));
    all.addAll(Arrays.asList(words));
    all.addAll(List.of(job.getName(), "--", "--in", in, "--out", out, "--name", name));
    return SupervisedRun.start(directory, all);
  }

  private void send(String line) {
    broker.produce(
        in, List.of(new ProducerRecord<>(in, null, line.getBytes(StandardCharsets.UTF_8))));
  }

  private void awaitOutput(long records) {
    Awaitility.await().atMost(PATIENCE).until(() -> broker.consumeTexts(out).size() >= records);
  }

  @Test
  void outputGoesOnAfterTheInstanceWasKilledAndAStopEndsBoth() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class)) {
      awaitOutput(1);
      ProcessHandle first = run.instance();
      first.destroyForcibly();
      send("avocado");
      awaitOutput(2);
      assertThat(broker.consumeTexts(out)).containsExactly("1", "2");
      run.awaitLines(2, "Instance process started");
      ProcessHandle second = run.instance();
      assertThat(second).isNotEqualTo(first);
      assertThat(run.lines())
          .anyMatch(line -> line.contains("Instance process ended") && line.contains("by signal 9"))
          .noneMatch(line -> line.contains("evicted"))
          .noneMatch(line -> line.indexOf(ChildReport.MARK) >= 0);
      run.signal("TERM");
      assertThat(run.awaitEnd()).isEqualTo(143);
      assertThat(second.isAlive()).isFalse();
      assertThat(run.lines()).anyMatch(line -> line.contains("Job stopped"));
    }
  }

  @Test
  void anInstanceWhoseSupervisorWasKilledLeavesInGoodOrder() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class);
        JobAdmin admin =
            JobAdmin.connect(
                JobConfig.defaults().with("bootstrap.servers", broker.bootstrapServers()))) {
      awaitOutput(1);
      run.awaitLines(1, "Job running");
      ProcessHandle instance = run.instance();
      run.killSupervisor();
      Awaitility.await().atMost(PATIENCE).until(() -> !instance.isAlive());
      assertThat(admin.status(name).instances()).as("it took its report back").isEmpty();
    }
  }

  @Test
  void aJobThatHasComeToItsEndEndsItsSupervisor() throws Exception {
    send("apple");
    try (SupervisedRun run = start(LetterCountJob.class, "--until-end")) {
      assertThat(run.awaitEnd()).as("%s", run.lines()).isZero();
      assertThat(broker.consumeTexts(out)).containsExactly("1");
    }
  }

  @Test
  void whatAsksForAPersonEndsItsSupervisorWithTheSameCode() throws Exception {
    in = broker.uniqueName("missing");
    try (SupervisedRun run = start(LetterCountJob.class)) {
      assertThat(run.awaitEnd()).isEqualTo(2);
      assertThat(run.lines())
          .anyMatch(line -> line.contains(in))
          .anyMatch(
              line -> line.startsWith("Cannot keep the job running: it ended with exit code 2"))
          .filteredOn(line -> line.contains("Instance process started"))
          .hasSize(1);
    }
  }

  @Test
  void aJobThatFailsOverAndOverIsGivenUpWithItsLastError() throws Exception {
    send("apple");
    try (SupervisedRun run = start(FailingJob.class, "--restarts", "2/10m")) {
      assertThat(run.awaitEnd()).isEqualTo(1);
      assertThat(run.lines())
          .anyMatch(
              line ->
                  line.startsWith("Cannot keep job '" + name + "' running: it has ended 3 times")
                      && line.contains("no luck with apple"))
          .anyMatch(line -> line.contains("Instance evicted"))
          .filteredOn(line -> line.contains("Instance process started"))
          .hasSize(3);
    }
  }
}
