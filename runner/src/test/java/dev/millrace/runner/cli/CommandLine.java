package dev.millrace.runner.cli;

import dev.millrace.runner.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Runs command lines in this process and keeps what they say. */
final class CommandLine {

  /** What a command line came to. */
  record Result(int code, String out, String err) {
    List<String> outLines() {
      return out.lines().toList();
    }
  }

  private CommandLine() {}

  static Result run(String... words) {
    return run("", Map.of(), words);
  }

  static Result runWithInput(String input, String... words) {
    return run(input, Map.of(), words);
  }

  static Result runWithEnvironment(Map<String, String> environment, String... words) {
    return run("", environment, words);
  }

  private static Result run(String input, Map<String, String> environment, String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            Terminal.Kind.PLAIN);
    int code = new Runner(terminal).run(words);
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
