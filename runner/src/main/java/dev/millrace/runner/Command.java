package dev.millrace.runner;

/** One command; JCommander fills its fields from the command line. */
interface Command {

  /** {@return what stands behind the command's name, such as {@code JOB [options]}} */
  String operands();

  /** {@return the options that all commands have} */
  CommonOptions options();

  /**
   * Does what the command is for.
   *
   * @param jobArguments what stood behind {@code --}
   */
  ExitCode run(Terminal terminal, JobArgumentWords jobArguments) throws Exception;
}
