package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobPlan;
import dev.millrace.Millrace;
import dev.millrace.runner.host.LoadedJob;
import dev.millrace.runner.output.Terminal;
import java.util.ArrayList;
import java.util.List;

@Parameters(commandDescription = "Show the stages, topics and stores of a job; nothing is started")
final class PlanCommand implements Command {

  /** The forms of a plan. */
  enum Form {
    TEXT,
    JSON,
    MERMAID
  }

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(
      names = {"-o", "--output"},
      placeholder = "text|json|mermaid",
      description = "The form of the output (text)")
  private Form form = Form.TEXT;

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
    try (LoadedJob loaded = job.load(operands, jobArguments, terminal)) {
      JobPlan plan = Millrace.plan(loaded.job(), options.config(terminal));
      terminal
          .out()
          .println(
              switch (form) {
                case TEXT -> plan.toText().stripTrailing();
                case JSON -> plan.toJson();
                case MERMAID -> plan.toMermaid().stripTrailing();
              });
    }
    return ExitCode.OK;
  }
}
