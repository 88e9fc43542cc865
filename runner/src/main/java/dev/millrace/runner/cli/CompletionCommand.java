package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.runner.output.Terminal;
import java.util.ArrayList;
import java.util.List;

@Parameters(commandDescription = "Print a script that completes command lines in a shell")
final class CompletionCommand implements Command {

  private final CommandTable table;

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  CompletionCommand(CommandTable table) {
    this.table = table;
  }

  @Override
  public String operands() {
    return "bash";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("completion");
    String shell = Operands.one("bash", operands);
    if (!shell.equals("bash")) {
      throw new ParameterException(
          "Cannot complete command lines of '" + shell + "': only bash is known");
    }
    terminal.out().print(BashCompletion.script(table));
    return ExitCode.OK;
  }
}
