package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.JobStatus;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The operands and options of an order to a job or to one of its sources, and the answer to it. */
final class SourceOrder {

  static final String OPERANDS = "JOB [--source NAME] [options]";

  /** An order to one source. */
  interface ToSource {
    void give(JobAdmin admin, String job, String source);
  }

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(
      names = "--source",
      placeholder = "NAME",
      splitter = Unsplit.class,
      description = "Only this source, named as its stage in status")
  private @Nullable String source;

  @ParametersDelegate private OutputOptions output = new OutputOptions();

  /** Gives the order, and shows what is paused then. */
  void give(
      Terminal terminal,
      CommonOptions options,
      BiConsumer<JobAdmin, String> toJob,
      ToSource toSource) {
    String job = Operands.one("JOB", operands);
    JobConfig config = options.config(terminal);
    String name = source;
    JobStatus status =
        ClusterQuestion.ask(
            terminal,
            config,
            admin -> {
              if (name == null) {
                toJob.accept(admin, job);
              } else {
                toSource.give(admin, job, name);
              }
              return admin.status(job);
            });
    if (output.isJson()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("job", status.job());
      answer.put("paused", status.paused());
      answer.put("pausedSources", status.pausedSources());
      terminal.out().println(Json.PRETTY.writeValueAsString(answer));
    } else {
      print(status, terminal.out());
    }
  }

  /** Both kinds of pause are shown, since a job that is resumed may have sources that are not. */
  private static void print(JobStatus status, PrintStream out) {
    if (status.paused()) {
      out.println(
          "Job '"
              + status.job()
              + "' is paused: instances stop reading within five seconds; resume lets it continue");
    } else if (status.pausedSources().isEmpty()) {
      out.println("Job '" + status.job() + "' is not paused: instances read within five seconds");
    }
    for (String paused : status.pausedSources()) {
      out.println(
          "Source '" + paused + "' of job '" + status.job() + "' is paused until it is resumed");
    }
  }
}
