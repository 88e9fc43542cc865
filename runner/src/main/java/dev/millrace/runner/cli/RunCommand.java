package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.host.Closing;
import dev.millrace.runner.host.LoadedJob;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.supervise.ParentLink;
import dev.millrace.runner.supervise.SupervisionOptions;
import java.util.ArrayList;
import java.util.List;

@Parameters(commandDescription = "Run a job here; start more copies to share the work")
final class RunCommand implements Command {

  /** By name, since the main class knows this room, and not the other way round. */
  private static final String MAIN_CLASS = "dev.millrace.runner.Main";

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private RunOptions run = new RunOptions();
  @ParametersDelegate private SupervisionOptions supervision = new SupervisionOptions();
  @ParametersDelegate private JobOptions job = new JobOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();
  private List<String> commandLine = List.of();

  @Override
  public void commandLine(List<String> words) {
    commandLine = words;
  }

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
    return supervision.areForSupervisor(terminal.environment())
        ? supervise(terminal)
        : runHere(terminal, jobArguments);
  }

  private ExitCode runHere(Terminal terminal, JobArgumentWords jobArguments) throws Exception {
    JobConfig config = options.config(terminal, run.settings());
    // First of all: code of the job may take long from its loading on, and no orphan is to be left.
    ParentLink parent = supervision.link(terminal.in(), terminal.err(), config);
    try (LoadedJob loaded = job.load(operands, jobArguments, terminal);
        Closing closing = new Closing(terminal)) {
      ForegroundRun.run(loaded.job(), config, terminal, closing, parent);
      return ExitCode.OK;
    }
  }

  /** Loads nothing of the job: what is wrong with it, the instance reports. */
  private ExitCode supervise(Terminal terminal) throws InterruptedException {
    Operands.one(JobOptions.OPERAND, operands);
    JobConfig config = options.config(terminal, run.settings());
    try (Closing closing = new Closing(terminal)) {
      closing
          .add(
              supervision.supervisor(
                  MAIN_CLASS,
                  commandLine,
                  "run",
                  config,
                  ExitCode::asksForPerson,
                  new StandingIn(config),
                  terminal.environment(),
                  terminal.err()))
          .run();
      return ExitCode.OK;
    }
  }
}
