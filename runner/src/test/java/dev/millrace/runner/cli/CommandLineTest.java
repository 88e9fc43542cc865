package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.runner.cli.CommandLine.Result;
import dev.millrace.runner.jobs.JobJars;
import dev.millrace.runner.jobs.LetterCountJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a command line comes to without a broker. */
final class CommandLineTest {

  @TempDir Path directory;

  @Test
  void helpNamesEveryCommandAndEveryCommandHasHelp() {
    Result all = CommandLine.run("help");
    assertThat(all.code()).isZero();
    for (String command :
        new String[] {
          "run",
          "dev",
          "plan",
          "put",
          "peek",
          "pause",
          "resume",
          "stop",
          "start",
          "evict",
          "dlq",
          "reset",
          "delete",
          "list",
          "status",
          "state",
          "config",
          "doctor",
          "completion",
          "version"
        }) {
      assertThat(all.out()).contains("  " + command + " ");
      assertThat(CommandLine.run("help", command).out()).contains("Usage:", command, "--help");
      assertThat(CommandLine.run(command, "--help")).isEqualTo(CommandLine.run("help", command));
    }
    assertThat(CommandLine.run()).isEqualTo(all);
    assertThat(CommandLine.run("--help")).isEqualTo(all);
    assertThat(CommandLine.run("help", "reset").out()).contains("--shift-by N", "-DKEY=VALUE");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frobnicate",
        "run",
        "run a.jar b.jar",
        "run --frob a.jar",
        "run nowhere.jar",
        "run no.such.Class",
        "run java.lang.String",
        "run a.jar --threads many",
        "run dev.millrace.runner.jobs.LetterCountJob --http nowhere",
        "run dev.millrace.runner.jobs.LetterCountJob --http 0.0.0.0:0",
        "status",
        "status job -o yaml",
        "status job -- job arguments",
        "status job 2s",
        "status --watch",
        "status --watch job 2s more",
        "status --watch job often",
        "status --watch job 1ms",
        "pause",
        "pause job source",
        "resume job --sauce s",
        "stop",
        "start job --source s",
        "evict job",
        "evict job instance another",
        "dlq",
        "dlq list",
        "dlq burn job",
        "dlq list job --execute",
        "dlq replay job --where colour=red",
        "state",
        "state peek job",
        "state list",
        "state list job --prefix a",
        "state get job store",
        "state get job store key --prefix a",
        "state scan job store --limit 0",
        "state scan job store --http nowhere",
        "doctor job another",
        "reset job",
        "reset job --to-earliest --to-latest",
        "reset job --to-datetime yesterday",
        "reset job --by-duration soon",
        "reset job --to-earliest --topic t:x",
        "peek t --from middle",
        "put t --header nothing",
        "put t --rate 0",
        "completion",
        "completion tcsh",
        "list -c nowhere.yaml",
        "list -Dguarantee=perhaps"
      })
  void aMistakeIsExitCodeTwoAndOneMessage(String line) {
    Result result = CommandLine.run(line.split(" "));
    assertThat(result.err()).isNotBlank().doesNotContain("\tat ", "Failed:");
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(2);
  }

  @Test
  void anUnknownCommandSuggestsTheNearest() {
    Result result = CommandLine.run("staus", "job");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("Did you mean status?");
    assertThat(CommandLine.run("frobnicate").err()).doesNotContain("Did you mean");
  }

  @Test
  void aTopicsNameIsCheckedBeforeKafkaIsAsked() {
    Result result = CommandLine.run("put", "bad topic", "-b", "nobody.invalid:1");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("'bad topic'", "does not allow this name");
  }

  @Test
  void anUnknownSettingSuggestsTheNearest() {
    Result result = CommandLine.run("config", "-Dcommit.intervall=20ms");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("commit.interval?");
  }

  @Test
  void theStackTraceIsShownWhenAskedFor() {
    assertThat(CommandLine.run("run", "-v", "nowhere.jar").err()).contains("\tat ");
  }

  @Test
  void settingsBeatEachOtherInOrder() throws Exception {
    Path first = Files.writeString(directory.resolve("a.properties"), "workers=1\nstages=a");
    Path second =
        Files.writeString(
            directory.resolve("b.yaml"),
            "workers: 2\ncommit: {interval: 30ms}\nstages: [x, y]\nkafka.consumer.fetch.min.bytes: 5\n");
    String[] files = {"config", "-c", first.toString(), "--command-config", second.toString()};
    assertThat(CommandLine.run(files).out())
        .containsPattern("workers +2 +file .*b.yaml")
        .containsPattern("stages +x,y +")
        .containsPattern("commit.interval +30ms +")
        .containsPattern("kafka.consumer.fetch.min.bytes +5 +");
    Map<String, String> environment = Map.of("MILLRACE_WORKERS", "3");
    assertThat(CommandLine.runWithEnvironment(environment, files).out())
        .containsPattern("workers +3 +env MILLRACE_WORKERS");
    String[] option = {"config", "-c", first.toString(), "-Dworkers=4", "-b", "somewhere:1"};
    assertThat(CommandLine.runWithEnvironment(environment, option).out())
        .containsPattern("workers +4 +-D")
        .containsPattern("bootstrap.servers +somewhere:1 +-D");
    assertThat(CommandLine.run("config", "-o", "json", "-Dworkers=4").out())
        .contains("\"value\" : \"4\"");
  }

  @Test
  void aClientFileOfKafkasToolsWorksAndItsSecretsAreNotShown() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("client.properties"),
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nssl.keystore.password=hush\n");
    Result result = CommandLine.run("config", "--command-config", file.toString());
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("kafka.security.protocol").doesNotContain("hush");
  }

  @Test
  void brokenYamlNamesTheFile() throws Exception {
    Path file = Files.writeString(directory.resolve("x.yml"), "a: [1,\nb");
    Result result = CommandLine.run("config", "-c", file.toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("x.yml", "line");
  }

  @Test
  void aPlanComesInThreeForms() throws Exception {
    String jar = JobJars.jar(directory, LetterCountJob.class).toString();
    Result text = CommandLine.run("plan", jar, "--", "--name", "mine", "--in=there");
    assertThat(text.err()).isEmpty();
    assertThat(text.out()).contains("job mine", "there", "changelog");
    assertThat(CommandLine.run("plan", jar, "-o", "json").out()).contains("\"stages\"");
    assertThat(CommandLine.run("plan", LetterCountJob.class.getName(), "-o", "mermaid").out())
        .startsWith("flowchart");
    assertThat(CommandLine.run("plan", jar, "--", "--frob", "1"))
        .matches(result -> result.code() == 2 && result.err().contains("--frob"));
  }

  @Test
  void theClassOptionChoosesAmongTheJobsOfAJar() throws Exception {
    Path jar = JobJars.emptyJar(directory, "no.such.Job");
    String job = LetterCountJob.class.getName();
    String[] plan = {"plan", jar.toString(), "--class", job, "--", "--name", "chosen"};
    assertThat(CommandLine.run(plan).out()).contains("job chosen");
    assertThat(CommandLine.run("plan", jar.toString(), "--class", "no.such.Other"))
        .matches(result -> result.code() == 2 && result.err().contains("no.such.Other"));
    assertThat(CommandLine.run("plan", job, "--class", job))
        .matches(result -> result.code() == 2 && result.err().contains("this is no jar"));
  }

  @Test
  void aJarThatIsNoJobSaysWhatItLacks() throws Exception {
    Path nameless = JobJars.emptyJar(directory, "");
    assertThat(CommandLine.run("run", nameless.toString()))
        .matches(result -> result.code() == 2 && result.err().contains("Millrace-Job"));
    Path empty = JobJars.emptyJar(directory, "no.such.Job");
    assertThat(CommandLine.run("run", empty.toString()))
        .matches(result -> result.code() == 2 && result.err().contains("no.such.Job"));
    Path text = Files.writeString(directory.resolve("text.jar"), "text");
    assertThat(CommandLine.run("run", text.toString()))
        .matches(result -> result.code() == 2 && result.err().contains("not a readable jar"));
  }

  @Test
  void anUnreachableBrokerIsExitCodeSix() {
    Result result = CommandLine.run("list", "-b", "127.0.0.1:1");
    assertThat(result.code()).isEqualTo(6);
    assertThat(result.err()).contains("127.0.0.1:1").doesNotContain("\tat ");
    assertThat(CommandLine.run("list", "-b", "nowhere.invalid:9092").code()).isEqualTo(6);
  }

  @Test
  void timesOfAResetAreReadAsKafkasToolsDo() {
    assertThat(ResetCommand.time("2026-01-31T00:00:00.000"))
        .isEqualTo(Instant.parse("2026-01-31T00:00:00Z"));
    assertThat(ResetCommand.time("2026-01-31T02:00:00+02:00"))
        .isEqualTo(Instant.parse("2026-01-31T00:00:00Z"));
    assertThat(ResetCommand.duration("PT2H")).isEqualTo(Duration.ofHours(2));
    assertThat(ResetCommand.duration("5m")).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void theVersionIsPrinted() {
    assertThat(CommandLine.run("version").out()).contains("Millrace", "Kafka client 4.");
  }
}
