package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.devbroker.testing.TestBroker;
import dev.millrace.devbroker.testing.WithBroker;
import dev.millrace.runner.cli.CommandLine.Result;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The doctor at a real broker: one that a job runs on, if not a cluster to trust data to. */
@WithBroker
final class DoctorOnABrokerTest {

  @TempDir Path directory;

  private BrokerCommands job;

  @BeforeEach
  void setUp(TestBroker broker) {
    job = new BrokerCommands(broker, LetterCountJob.class, directory);
  }

  @Test
  void aSingleBrokerWorksAndIsWarnedOf() {
    Result text = job.run("doctor", "-Dstate.dir=" + directory);
    assertThat(text.code()).as(text.out()).isZero();
    assertThat(text.out())
        .containsPattern("warn +kafka +one broker at ")
        .containsPattern("ok +version +Kafka 4\\.\\d")
        .containsPattern("ok +features +transaction.version 2")
        .containsPattern("ok +clock +the controller's is \\d+ ms")
        .containsPattern("ok +state +" + directory + " can be written and locked")
        .containsPattern("(ok|warn) +jvm ")
        .contains("KAFKA-20734")
        .doesNotContain("fail ");
    assertThat(directory).as("nothing is left behind").isEmptyDirectory();
  }

  @Test
  void aJobsTopicsAndRightsAreLookedAt() {
    job.write("apple");
    assertThat(job.runToEnd().code()).isZero();
    List<Map<String, String>> findings =
        JsonMapper.shared()
            .readValue(
                job.run("doctor", job.name, "-o", "json").out(),
                new TypeReference<List<Map<String, String>>>() {});
    assertThat(findings)
        .anySatisfy(
            finding ->
                assertThat(finding)
                    .containsEntry("subject", "replication")
                    .containsEntry("level", "warn")
                    .containsEntry("text", "topic " + job.name + ".meta: 1 replica"))
        .anySatisfy(
            finding ->
                assertThat(finding)
                    .containsEntry("subject", "rights")
                    .containsEntry("level", "ok"));
  }

  @Test
  void whatFailsIsTheExitCode() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    Result noDirectory = job.run("doctor", "-Dstate.dir=" + file.resolve("state"));
    assertThat(noDirectory.code()).isEqualTo(3);
    assertThat(noDirectory.out()).containsPattern("fail +state +" + file + " is no directory");
    Result noJob = job.run("doctor", "nobody");
    assertThat(noJob.code()).isEqualTo(3);
    assertThat(noJob.out()).containsPattern("fail +job +Cannot find job 'nobody'");
    Result nobodyThere =
        CommandLine.run(
            "doctor",
            "-b",
            "127.0.0.1:1",
            "-Dkafka.admin.default.api.timeout.ms=1000",
            "-Dkafka.admin.request.timeout.ms=500");
    assertThat(nobodyThere.code()).isEqualTo(6);
    assertThat(nobodyThere.out())
        .containsPattern("fail +kafka +no broker answers at 127.0.0.1:1")
        .containsPattern("ok +disk|warn +disk");
  }
}
