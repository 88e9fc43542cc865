package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.host.Closing;
import dev.millrace.runner.host.LoadedJob;
import dev.millrace.runner.output.Terminal;
import java.util.ArrayList;
import java.util.List;

@Parameters(commandDescription = "Run a job here; start more copies to share the work")
final class RunCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private RunOptions run = new RunOptions();
  @ParametersDelegate private JobOptions job = new JobOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return JobOptions.OPERAND + " [options] [-- job arguments]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) throws Exception {
    try (LoadedJob loaded = job.load(operands, jobArguments, terminal);
        Closing closing = new Closing(terminal)) {
      JobConfig config = options.config(terminal, run.settings());
      ForegroundRun.run(loaded.job(), config, terminal, closing);
      return ExitCode.OK;
    }
  }
}
