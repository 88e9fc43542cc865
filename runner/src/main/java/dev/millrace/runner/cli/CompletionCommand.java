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

  private static final List<String> SHELLS = List.of("bash", "zsh", "fish");

  private final CommandTable table;

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  CompletionCommand(CommandTable table) {
    this.table = table;
  }

  @Override
  public String operands() {
    return String.join("|", SHELLS);
  }

  @Override
  public List<String> operandWords() {
    return SHELLS;
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("completion");
    String shell = Operands.one(operands(), operands);
    terminal.out().print(script(shell, CompletionWords.of(table)));
    return ExitCode.OK;
  }

  private static String script(String shell, CompletionWords words) {
    return switch (shell) {
      case "bash" -> BashCompletion.script(words);
      case "zsh" -> ZshCompletion.script(words);
      case "fish" -> FishCompletion.script(words);
      default ->
          throw new ParameterException(
              "Cannot complete command lines of '"
                  + shell
                  + "': only "
                  + String.join(", ", SHELLS)
                  + " are known");
    };
  }
}
