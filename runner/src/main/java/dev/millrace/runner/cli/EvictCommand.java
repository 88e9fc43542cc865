package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.admin.Eviction;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

@Parameters(
    commandDescription = "Remove an instance that is dead, so that others get its tasks at once")
final class EvictCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();
  @ParametersDelegate private OutputOptions output = new OutputOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "JOB INSTANCE [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("evict");
    List<String> words = Operands.all(operands, "JOB", "INSTANCE");
    String instance = words.get(1);
    if (instance.isBlank()) {
      // As the beginning of names it would mean all instances.
      throw new ParameterException("Cannot evict an instance: INSTANCE is empty");
    }
    Eviction eviction =
        ClusterQuestion.ask(
            terminal, options.config(terminal), admin -> admin.evict(words.get(0), instance));
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(eviction));
    } else {
      print(eviction, terminal.out());
    }
    return ExitCode.OK;
  }

  private static void print(Eviction eviction, PrintStream out) {
    String instance = "Instance '" + eviction.instance() + "' of job '" + eviction.job() + "'";
    if (eviction.isEmpty()) {
      out.println(instance + " has left nothing behind; its name is in status");
      return;
    }
    out.println(instance + " is evicted");
    printList("Members removed", eviction.members(), out);
    printList("Transactions ended", eviction.fenced(), out);
    printList("Groups whose other members join again", eviction.rejoining(), out);
  }

  private static void printList(String head, List<String> names, PrintStream out) {
    if (!names.isEmpty()) {
      out.println(head + ": " + String.join(", ", names));
    }
  }
}
