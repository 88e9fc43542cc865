package dev.millrace.runner.cli;

import com.beust.jcommander.ParameterException;
import dev.millrace.error.MillraceException;
import dev.millrace.runner.output.Terminal;
import java.util.Arrays;
import java.util.List;

/**
 * The run of one command line: it finds the command, lets it work, and turns whatever that throws
 * into a message and an exit code.
 *
 * <p><b>Contract.</b> Results go to stdout, everything else to stderr. An error is its message
 * alone; with {@code -v} its stack trace follows.
 */
public final class Runner {

  private final Terminal terminal;

  /** Creates a run that sees this terminal. */
  public Runner(Terminal terminal) {
    this.terminal = terminal;
  }

  /** {@return the exit code} */
  public int run(String... words) {
    List<String> all = Arrays.asList(words);
    int end = all.indexOf("--");
    List<String> own = end < 0 ? all : all.subList(0, end);
    JobArgumentWords jobs =
        new JobArgumentWords(end < 0 ? List.of() : all.subList(end + 1, all.size()));
    boolean verbose = own.contains("-v") || own.contains("--verbose");
    if (verbose) {
      Verbosity.open();
    }
    try {
      CommandTable.Parsed parsed = new CommandTable().parse(own);
      if (parsed.command().options().wantsHelp()) {
        terminal.out().print(new CommandTable().help(parsed.name()));
        return ExitCode.OK.number();
      }
      parsed.command().commandLine(all);
      return parsed.command().run(terminal, jobs).number();
    } catch (Throwable e) {
      // Errors included: threads of a job may still be there, and keep the process from ending.
      report(e, verbose);
      return ExitCode.numberOf(e);
    } finally {
      terminal.out().flush();
      terminal.err().flush();
    }
  }

  private void report(Throwable error, boolean verbose) {
    boolean isForPeople = error instanceof MillraceException || error instanceof ParameterException;
    terminal.err().println(isForPeople ? error.getMessage() : "Failed: " + error);
    if (verbose) {
      error.printStackTrace(terminal.err());
    } else if (!isForPeople) {
      terminal.err().println("(-v shows where it comes from)");
    }
  }
}
