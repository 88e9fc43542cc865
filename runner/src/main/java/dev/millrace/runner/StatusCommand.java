package dev.millrace.runner;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.JobStatus;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

@Parameters(commandDescription = "Show who works on a job and how far it has come")
final class StatusCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();

  @ParametersDelegate private OutputOptions output = new OutputOptions();

  @Parameter(
      names = "--exit-code",
      description = "Exit with 3 unless the job is finished or all of its tasks run")
  private boolean exitCode;

  @Parameter(
      names = "--max-lag",
      placeholder = "N",
      description = "Exit with 3 if more records than that wait in all inputs together")
  private @Nullable Long maxLag;

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "JOB [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("status");
    String job = Operands.one("JOB", operands);
    JobStatus status;
    try (JobAdmin admin = JobAdmin.connect(options.config(terminal))) {
      status = admin.status(job);
    }
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(status));
    } else {
      print(status, terminal.out());
    }
    boolean isBad = exitCode && !status.isHealthy();
    boolean isBehind = maxLag != null && status.totalLag() > maxLag;
    return isBad || isBehind ? ExitCode.NOT_HEALTHY : ExitCode.OK;
  }

  private static void print(JobStatus status, PrintStream out) {
    out.println(
        "job "
            + status.job()
            + ", "
            + status.phase().name().toLowerCase(Locale.ROOT)
            + (status.finished() ? ", finished" : status.bounded() ? ", until the end" : "")
            + ", reset "
            + status.resetEpoch()
            + " times");
    if (status.restoreRemaining() > 0) {
      out.println(status.restoreRemaining() + " changelog records still to be restored");
    }
    out.println();
    TextTable instances = new TextTable("INSTANCE", "HOST", "PID", "STATE", "REPORTED", "ERROR");
    status
        .instances()
        .forEach(
            instance ->
                instances.row(
                    instance.id(),
                    instance.host(),
                    instance.pid(),
                    instance.alive() || !instance.error().isEmpty() ? instance.state() : "GONE",
                    instance.reportedAt(),
                    instance.error()));
    instances.print(out);
    out.println();
    TextTable tasks =
        new TextTable("STAGE", "TASK", "INSTANCE", "STATE", "WATERMARK", "INPUT", "OFFSET", "LAG");
    status.stages().forEach(stage -> addTasks(stage, tasks));
    tasks.print(out);
  }

  private static void addTasks(JobStatus.Stage stage, TextTable table) {
    for (JobStatus.Task task : stage.tasks()) {
      for (JobStatus.Input input : stage.inputs()) {
        if (input.partition() == task.number()) {
          table.row(
              stage.name(),
              task.number(),
              task.instance(),
              task.state(),
              watermark(task.watermarkMs()),
              input.topic(),
              number(input.committed()),
              number(input.lag()));
        }
      }
    }
  }

  private static String watermark(OptionalLong watermarkMs) {
    if (watermarkMs.isEmpty()) {
      return "-";
    }
    return watermarkMs.getAsLong() == Long.MAX_VALUE
        ? "end"
        : Instant.ofEpochMilli(watermarkMs.getAsLong()).toString();
  }

  private static String number(OptionalLong number) {
    return number.isPresent() ? Long.toString(number.getAsLong()) : "-";
  }
}
