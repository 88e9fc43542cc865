package dev.millrace.runner;

import dev.millrace.runner.cli.Runner;
import dev.millrace.runner.output.Terminal;

/** The entry point of {@code runner.jar}. */
public final class Main {

  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] words) {
    System.exit(new Runner(Terminal.ofProcess()).run(words));
  }
}
