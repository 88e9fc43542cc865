package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script in a real bash, asked as the shell would ask it at the tabulator key. */
final class BashCompletionTest {

  @TempDir Path directory;

  @BeforeAll
  static void bashIsThere() {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash");
  }

  @Test
  void commandsAreCompleted() throws Exception {
    assertThat(complete("p")).containsExactly("plan", "put", "peek", "pause");
    assertThat(complete("help", "co")).containsExactly("config", "completion");
    assertThat(complete("completion", "")).containsExactly("bash", "zsh", "fish");
    assertThat(complete("completion", "zsh", "")).isEmpty();
  }

  @Test
  void optionsAreThoseOfTheCommand() throws Exception {
    assertThat(complete("reset", "--to-e")).containsExactly("--to-earliest");
    assertThat(complete("run", "--to-e")).isEmpty();
    assertThat(complete("-v", "run", "--until")).containsExactly("--until-end");
  }

  @Test
  void optionsWithFewValuesHaveThemCompleted() throws Exception {
    assertThat(complete("plan", "-o", "")).containsExactly("text", "json", "mermaid");
    assertThat(complete("list", "--output", "j")).containsExactly("json");
  }

  @Test
  void settingsAreCompletedByName() throws Exception {
    assertThat(complete("run", "-Dcommit."))
        .containsExactly("-Dcommit.interval=", "-Dcommit.interval.max=");
  }

  @Test
  void theRestIsLeftToTheCompletionOfFiles() throws Exception {
    assertThat(complete("run", "word")).isEmpty();
  }

  private List<String> complete(String... words) throws IOException, InterruptedException {
    Path script = directory.resolve("completion");
    Files.writeString(script, CommandLine.run("completion", "bash").out());
    StringBuilder line = new StringBuilder("COMP_WORDS=(millrace");
    for (String word : words) {
      line.append(" '").append(word).append('\'');
    }
    line.append("); COMP_CWORD=").append(words.length);
    Process bash =
        new ProcessBuilder(
                "/bin/bash",
                "-euc",
                "source \"$1\"; "
                    + line
                    + "; _millrace || true; printf '%s\\n' \"${COMPREPLY[@]}\"",
                "bash",
                script.toString())
            .redirectErrorStream(true)
            .start();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(out).isZero();
    return out.lines().filter(text -> !text.isEmpty()).toList();
  }
}
