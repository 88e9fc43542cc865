package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.doctor.Doctor;
import dev.millrace.runner.doctor.Finding;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

@Parameters(
    commandDescription =
        "Check what a job needs: brokers, topics, rights, clock, disk; exits with 3 if it fails")
final class DoctorCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private OutputOptions output = new OutputOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "[JOB] [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("doctor");
    Optional<String> job = Operands.optional("JOB", operands);
    JobConfig config = options.config(terminal);
    Doctor.Report report = ClusterQuestion.ask(terminal, config, () -> Doctor.examine(config, job));
    if (output.isJson()) {
      terminal
          .out()
          .println(
              Json.PRETTY.writeValueAsString(
                  report.findings().stream().map(DoctorCommand::json).toList()));
    } else {
      report.findings().forEach(finding -> print(finding, terminal.out()));
    }
    if (!report.reachable()) {
      return ExitCode.UNREACHABLE;
    }
    return report.worst() == Finding.Level.FAIL ? ExitCode.NOT_HEALTHY : ExitCode.OK;
  }

  private static Map<String, String> json(Finding finding) {
    Map<String, String> one = new LinkedHashMap<>();
    one.put("level", word(finding));
    one.put("subject", finding.subject());
    one.put("text", finding.text());
    one.put("advice", finding.advice());
    return one;
  }

  private static void print(Finding finding, PrintStream out) {
    out.printf(Locale.ROOT, "%-4s  %-11s  %s%n", word(finding), finding.subject(), finding.text());
    if (!finding.advice().isEmpty()) {
      out.printf(Locale.ROOT, "%-4s  %-11s    -> %s%n", "", "", finding.advice());
    }
  }

  private static String word(Finding finding) {
    return finding.level().name().toLowerCase(Locale.ROOT);
  }
}
