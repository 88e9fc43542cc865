package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.DeletionPlan;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Terminal;
import java.util.ArrayList;
import java.util.List;

@Parameters(
    commandDescription =
        "Delete a job's groups, state and internal topics (dry run unless --execute)")
final class DeleteCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(names = "--execute", description = "Do it; without this nothing is changed")
  private boolean execute;

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "JOB [--execute] [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("delete");
    String job = Operands.one("JOB", operands);
    JobConfig config = options.config(terminal);
    try (JobAdmin admin = JobAdmin.connect(config)) {
      DeletionPlan plan = ClusterQuestion.ask(terminal, config, () -> admin.planDeletion(job));
      terminal.out().println("Groups: " + String.join(", ", plan.groups()));
      terminal.out().println("Topics: " + String.join(", ", plan.topics()));
      if (execute) {
        admin.delete(plan);
        terminal.err().println("Job '" + job + "' is deleted; its sources and sinks are as before");
      } else {
        terminal.err().println("Nothing was changed; --execute does it");
      }
    }
    return ExitCode.OK;
  }
}
