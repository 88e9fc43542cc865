package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.runner.output.Terminal;
import java.util.ArrayList;
import java.util.List;

@Parameters(commandDescription = "Explain the commands, or one of them")
final class HelpCommand implements Command {

  private final CommandTable table;

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  HelpCommand(CommandTable table) {
    this.table = table;
  }

  @Override
  public String operands() {
    return "[COMMAND]";
  }

  @Override
  public List<String> operandWords() {
    return List.copyOf(table.names());
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    terminal
        .out()
        .print(operands.isEmpty() ? table.help() : table.help(Operands.one("COMMAND", operands)));
    return ExitCode.OK;
  }
}
