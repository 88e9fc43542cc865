package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.runner.output.Terminal;

@Parameters(
    commandDescription =
        "Stop the work of a job's instances; their processes wait until it is started")
final class StopCommand implements Command {

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
    jobArguments.mustBeEmpty("stop");
    order.give(terminal, options, JobAdmin::stop);
    return ExitCode.OK;
  }
}
