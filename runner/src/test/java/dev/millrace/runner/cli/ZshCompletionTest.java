package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script of zsh: its text everywhere, and where there is a zsh, what it hands to the shell's
 * own functions, which here print what they are given.
 */
final class ZshCompletionTest {

  private static final String ZSH = "/usr/bin/zsh";

  private static final String PRINTING =
      """
      compdef() { }
      compadd() {
        while [[ $1 != -- ]]; do shift; done
        shift
        print -l -- "${(@M)@:#${words[CURRENT]}*}"
      }
      _describe() {
        local -a entries=("${(@P)@[-1]}")
        print -l -- "${(@M)entries:#${words[CURRENT]}*}"
      }
      _files() { print FILES }
      source $1
      shift
      words=(millrace "$@")
      CURRENT=$#words
      _millrace
      """;

  @TempDir Path directory;

  @Test
  void theScriptHasEveryCommandWithWhatItIsFor() {
    assertThat(CommandLine.run("completion", "zsh").out())
        .contains("'status:Show a job'\\''s instances and progress; exits with 3 if it")
        .contains("'delete:Delete a job'\\''s groups, state and internal topics")
        .contains("    'plan -o') found=('text' 'json' 'mermaid') ;;\n")
        .contains("        '--until-end:")
        .contains("    'completion') found=('bash' 'zsh' 'fish') ;;\n")
        .endsWith("compdef _millrace millrace\n");
  }

  @Test
  void zshCompletesCommandsOptionsValuesAndSettings() throws Exception {
    Assumptions.assumeTrue(ShellWords.has(ZSH), "no zsh");
    assertThat(complete("pl")).singleElement().asString().startsWith("plan:Show");
    assertThat(complete("reset", "--to-e"))
        .containsExactly("--to-earliest:From the first record that is still there");
    assertThat(complete("run", "--to-e")).isEmpty();
    assertThat(complete("plan", "-o", "")).containsExactly("text", "json", "mermaid");
    assertThat(complete("run", "-Dcommit."))
        .containsExactly("-Dcommit.interval=", "-Dcommit.interval.max=");
    assertThat(complete("-v", "completion", "f")).containsExactly("fish");
    assertThat(complete("run", "word")).containsExactly("FILES");
  }

  private List<String> complete(String... words) throws IOException, InterruptedException {
    Path script = directory.resolve("completion");
    Files.writeString(script, CommandLine.run("completion", "zsh").out());
    return ShellWords.lines(
        directory,
        ShellWords.command(List.of(ZSH, "-f", "-c", PRINTING, "zsh", script.toString()), words));
  }
}
