package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import dev.millrace.runner.host.Closing;
import dev.millrace.runner.output.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.internals.Topic;
import org.jspecify.annotations.Nullable;

@Parameters(commandDescription = "Write the lines of stdin to a topic, one record each")
final class PutCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(
      names = "--key-separator",
      placeholder = "TEXT",
      splitter = Unsplit.class,
      description = "A separator: what precedes its first occurrence in a line is the record's key")
  private @Nullable String keySeparator;

  @Parameter(
      names = "--header",
      placeholder = "KEY=VALUE",
      splitter = Unsplit.class,
      description = "A header of every record; may be repeated")
  private List<String> headers = new ArrayList<>();

  @Parameter(
      names = "--rate",
      placeholder = "N",
      description = "Write at most this many records a second")
  private @Nullable Long rate;

  @Parameter(
      names = "--create-partitions",
      placeholder = "N",
      description = "Create the topic with this many partitions if there is none")
  private @Nullable Integer createPartitions;

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "TOPIC [options] < LINES";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) throws IOException {
    jobArguments.mustBeEmpty("put");
    String topic = Operands.one("TOPIC", operands);
    List<Header> parsed = headers.stream().map(PutCommand::header).toList();
    checkPositive("--rate", rate);
    checkPositive("--create-partitions", createPartitions);
    JobConfig config = options.config(terminal);
    checkName(topic);
    boolean exists =
        ClusterQuestion.ask(
            terminal,
            config,
            admin -> {
              if (createPartitions != null) {
                admin.createMissingTopics(List.of(topic), createPartitions);
                return true;
              }
              return admin.partitions(topic).isPresent();
            });
    if (!exists) {
      throw new ConfigurationException(
          "Cannot write to topic "
              + topic
              + ": there is no such topic at "
              + config.bootstrapServers()
              + ". Create it; --create-partitions N does.");
    }
    try (Closing closing = new Closing(terminal)) {
      LineWriter writer = closing.add(new LineWriter(config, topic, keySeparator, parsed));
      writer.writeAll(terminal.in(), rate == null ? 0 : rate);
      terminal.err().println(writer.written() + " records written to " + topic);
    }
    return ExitCode.OK;
  }

  /** The broker would only report that there is no such topic. */
  private static void checkName(String topic) {
    try {
      Topic.validate(topic);
    } catch (InvalidTopicException e) {
      throw new ParameterException(
          "Cannot write to topic '"
              + topic
              + "': Kafka does not allow this name. Use up to 249 letters, digits, '.', '_' and"
              + " '-'",
          e);
    }
  }

  private static void checkPositive(String option, @Nullable Number value) {
    if (value != null && value.longValue() < 1) {
      throw new ParameterException("Cannot use " + option + " " + value + ": it must be positive");
    }
  }

  private static Header header(String pair) {
    int equals = pair.indexOf('=');
    if (equals < 1) {
      throw new ParameterException("Cannot read --header " + pair + ": it is not KEY=VALUE");
    }
    return new RecordHeader(
        pair.substring(0, equals), pair.substring(equals + 1).getBytes(StandardCharsets.UTF_8));
  }
}
