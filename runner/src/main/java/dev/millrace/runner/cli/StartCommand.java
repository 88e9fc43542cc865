package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.runner.output.Terminal;

@Parameters(commandDescription = "Let a stopped job continue; starts no process")
final class StartCommand implements Command {

  @ParametersDelegate private StopOrder order = new StopOrder();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return StopOrder.OPERANDS;
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("start");
    order.give(terminal, options, JobAdmin::start);
    return ExitCode.OK;
  }
}
