package dev.millrace.runner.cli;

import dev.millrace.runner.output.Terminal;
import java.util.List;

/** One command; JCommander fills its fields from the command line. */
interface Command {

  /** {@return the words after the command's name, such as {@code JOB [options]}} */
  String operands();

  /** {@return the words of which the first operand is one, if they are few; for completion} */
  default List<String> operandWords() {
    return List.of();
  }

  /** {@return the options that all commands have} */
  CommonOptions options();

  /** Takes the whole command line, for commands that repeat it; called before {@link #run}. */
  default void commandLine(List<String> words) {}

  /**
   * Does what the command is for.
   *
   * @param jobArguments the words after {@code --}
   */
  ExitCode run(Terminal terminal, JobArgumentWords jobArguments) throws Exception;
}
