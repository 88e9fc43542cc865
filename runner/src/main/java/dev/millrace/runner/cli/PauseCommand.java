package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.runner.output.Terminal;

@Parameters(
    commandDescription = "Stop reading the sources of a job, or one of them, until it is resumed")
final class PauseCommand implements Command {

  @ParametersDelegate private SourceOrder order = new SourceOrder();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return SourceOrder.OPERANDS;
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("pause");
    order.give(terminal, options, JobAdmin::pause, JobAdmin::pause);
    return ExitCode.OK;
  }
}
