package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Shells, as far as the machine has them, and what they print. */
final class ShellWords {

  private ShellWords() {}

  static boolean has(String shell) {
    return Files.isExecutable(Path.of(shell));
  }

  /** {@return the lines that a shell prints, without empty ones} */
  static List<String> lines(Path home, String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HOME", home.toString());
    Process shell = builder.start();
    shell.getOutputStream().close();
    String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).as(out).isZero();
    return out.lines().filter(text -> !text.isEmpty()).toList();
  }

  /** {@return a command with words after it} */
  static String[] command(List<String> command, String... words) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(words));
    return all.toArray(new String[0]);
  }
}
