package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.runner.output.Terminal;

@Parameters(commandDescription = "Let a paused job, or a paused source of it, continue")
final class ResumeCommand implements Command {

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
    jobArguments.mustBeEmpty("resume");
    order.give(terminal, options, JobAdmin::resume, JobAdmin::resume);
    return ExitCode.OK;
  }
}
