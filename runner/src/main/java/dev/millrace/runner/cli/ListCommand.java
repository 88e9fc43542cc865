package dev.millrace.runner.cli;

import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.JobSummary;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.TextTable;
import java.util.List;

@Parameters(commandDescription = "List the jobs of a cluster")
final class ListCommand implements Command {

  @ParametersDelegate private OutputOptions output = new OutputOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "[options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("list");
    List<JobSummary> jobs = ClusterQuestion.ask(terminal, options.config(terminal), JobAdmin::jobs);
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(jobs));
      return ExitCode.OK;
    }
    TextTable table = new TextTable("JOB", "STATE", "INSTANCES", "RESETS", "STAGES");
    jobs.forEach(
        job ->
            table.row(
                job.job(),
                state(job),
                job.instances(),
                job.resetEpoch(),
                String.join(",", job.stages())));
    table.print(terminal.out());
    return ExitCode.OK;
  }

  private static String state(JobSummary job) {
    return switch (job.phase()) {
      case RESETTING -> "reset incomplete";
      case RESET -> "reset";
      case READY -> job.finished() ? "finished" : job.instances() > 0 ? "running" : "stopped";
    };
  }
}
