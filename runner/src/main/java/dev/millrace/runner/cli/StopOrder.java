package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.JobStatus;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** The operands and options of an order to a job as a whole to run or not, and the answer to it. */
final class StopOrder {

  static final String OPERANDS = "JOB [options]";

  @Parameter private List<String> operands = new ArrayList<>();

  @ParametersDelegate private OutputOptions output = new OutputOptions();

  /** Gives the order, and shows whether the job is stopped then. */
  void give(Terminal terminal, CommonOptions options, BiConsumer<JobAdmin, String> toJob) {
    String job = Operands.one("JOB", operands);
    JobStatus status =
        ClusterQuestion.ask(
            terminal,
            options.config(terminal),
            admin -> {
              toJob.accept(admin, job);
              return admin.status(job);
            });
    if (output.isJson()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("job", status.job());
      answer.put("stopped", status.stopped());
      terminal.out().println(Json.PRETTY.writeValueAsString(answer));
    } else {
      terminal.out().println("Job '" + status.job() + "' is " + inWords(status));
    }
  }

  private static String inWords(JobStatus status) {
    return status.stopped()
        ? "stopped: instances commit and end their work within five seconds, and their processes"
            + " wait; start lets it continue"
        : "not stopped: processes that wait begin within five seconds";
  }
}
