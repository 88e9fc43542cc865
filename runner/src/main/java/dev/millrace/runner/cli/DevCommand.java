package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.Millrace;
import dev.millrace.config.JobConfig;
import dev.millrace.error.MillraceException;
import dev.millrace.runner.host.Closing;
import dev.millrace.runner.host.DevBroker;
import dev.millrace.runner.host.LoadedJob;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.supervise.ParentLink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

@Parameters(commandDescription = "Start a Kafka broker for development, and a job on it if given")
final class DevCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(names = "--brokers", placeholder = "1|3", description = "Nodes of the cluster (1)")
  private int brokers = 1;

  @Parameter(
      names = "--port",
      placeholder = "N",
      description = "Port of the first node; 0 takes a free one (9092)")
  private int port = 9092;

  @Parameter(
      names = "--data",
      placeholder = "DIR",
      description = "Where the broker keeps its data (.millrace/kafka)")
  private String data = ".millrace/kafka";

  @Parameter(names = "--clean", description = "Delete what an earlier broker left there")
  private boolean clean;

  @Parameter(
      names = "--partitions",
      placeholder = "N",
      description = "Partitions of the job's missing topics, which are created (4)")
  private int partitions = 4;

  @ParametersDelegate private RunOptions run = new RunOptions();
  @ParametersDelegate private JobOptions job = new JobOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "[" + JobOptions.OPERAND + "] [options] [-- job arguments]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) throws Exception {
    Optional<String> what = Operands.optional(JobOptions.OPERAND, operands);
    if (what.isEmpty()) {
      jobArguments.mustBeEmpty("dev without a job");
      try (Closing closing = new Closing(terminal)) {
        DevBroker broker = start(terminal, closing);
        int exit = broker.awaitExit();
        throw new MillraceException("The broker has ended by itself, with exit code " + exit);
      }
    }
    try (LoadedJob loaded = job.load(what.get(), jobArguments, terminal);
        Closing closing = new Closing(terminal)) {
      // The plan comes before the broker, so that a mistake does not cost its start.
      JobConfig first = options.config(terminal, run.settings());
      var topics = Millrace.plan(loaded.job(), first).userTopics();
      DevBroker broker = start(terminal, closing);
      Map<String, String> settings = new HashMap<>(run.settings());
      settings.put("bootstrap.servers", broker.bootstrapServers());
      JobConfig config = options.config(terminal, settings);
      try (JobAdmin admin = JobAdmin.connect(config)) {
        for (String created : admin.createMissingTopics(topics, partitions)) {
          terminal.err().println("created topic " + created + ", " + partitions + " partitions");
        }
      }
      ForegroundRun.run(loaded.job(), config, terminal, closing, ParentLink.NONE);
      return ExitCode.OK;
    }
  }

  private DevBroker start(Terminal terminal, Closing closing) {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--brokers", Integer.toString(brokers)));
    words.addAll(List.of("--port", Integer.toString(port)));
    words.addAll(List.of("--data", Path.of(data).toAbsolutePath().toString()));
    if (clean) {
      words.add("--clean");
    }
    DevBroker broker = closing.add(DevBroker.launch(words, Path.of(data), terminal.err()));
    broker.awaitReady();
    terminal.out().println("READY " + broker.bootstrapServers());
    return broker;
  }
}
