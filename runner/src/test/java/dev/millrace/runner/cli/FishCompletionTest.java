package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script of fish: its text everywhere, and where there is a fish, what that makes of it. */
final class FishCompletionTest {

  private static final String FISH = "/usr/bin/fish";
  private static final String PLAN_FORM = "The form of the output (text)";

  @TempDir Path directory;

  @Test
  void theScriptHasALineForEachCommandAndOption() {
    assertThat(CommandLine.run("completion", "fish").out().lines())
        .contains(
            "complete -c millrace -n '__millrace_in \"\"' -f -a version -d 'Print the version'",
            "complete -c millrace -n '__millrace_in \"plan\"' -s o -l output -x -a 'text json"
                + " mermaid' -d 'The form of the output (text)'",
            "complete -c millrace -n '__millrace_in \"run\"' -l class -r -d 'The job\\'s class,"
                + " where the jar has several or its manifest names none'",
            "complete -c millrace -n '__millrace_at completion' -f -a 'bash zsh fish'");
  }

  @Test
  void fishCompletesCommandsOptionsValuesAndSettings() throws Exception {
    Assumptions.assumeTrue(ShellWords.has(FISH), "no fish");
    assertThat(complete("pl")).singleElement().asString().startsWith("plan\tShow");
    assertThat(complete("reset --to-e"))
        .containsExactly("--to-earliest\tFrom the first record that is still there");
    assertThat(complete("run --to-e")).isEmpty();
    assertThat(complete("plan -o "))
        .containsExactlyInAnyOrder(
            "text\t" + PLAN_FORM, "json\t" + PLAN_FORM, "mermaid\t" + PLAN_FORM);
    assertThat(complete("run -Dcommit."))
        .extracting(line -> line.split("\t", -1)[0])
        .containsExactlyInAnyOrder("-Dcommit.interval=", "-Dcommit.interval.max=");
    assertThat(complete("-v completion f")).containsExactly("fish");
  }

  private List<String> complete(String line) throws IOException, InterruptedException {
    Path script = directory.resolve("completion");
    Files.writeString(script, CommandLine.run("completion", "fish").out());
    return ShellWords.lines(
        directory,
        FISH,
        "--no-config",
        "-c",
        "source $argv[1]; complete -C \"millrace $argv[2]\"",
        script.toString(),
        line);
  }
}
