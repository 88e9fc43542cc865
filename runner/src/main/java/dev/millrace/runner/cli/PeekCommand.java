package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.PeekRequest;
import dev.millrace.admin.PeekedRecord;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

@Parameters(commandDescription = "Print the records of a topic, a job's own included")
final class PeekCommand implements Command {

  /** The forms of a record. */
  enum Form {
    /** One object a line. */
    JSON,
    /** The value's bytes and a line's end. */
    RAW
  }

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(names = "-n", placeholder = "N", description = "Stop after this many records")
  private @Nullable Long limit;

  @Parameter(
      names = "--from",
      placeholder = "start|end|-N",
      description = "Where to begin; -N is N offsets before the end of each partition (start)")
  private String from = "start";

  @Parameter(names = "--partition", placeholder = "P", description = "Only this partition")
  private @Nullable Integer partition;

  @Parameter(
      names = {"-o", "--output"},
      placeholder = "json|raw",
      description = "One JSON object a line, or the values as they are (json)")
  private Form form = Form.JSON;

  @Parameter(names = "--follow", description = "Wait for more at the end")
  private boolean follow;

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "TOPIC [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("peek");
    String topic = Operands.one("TOPIC", operands);
    PeekRequest request = request();
    JobConfig config = options.config(terminal);
    try (JobAdmin admin = JobAdmin.connect(config)) {
      // Only to find out whether anybody answers: a peek that follows takes as long as it likes.
      OptionalInt ignored = ClusterQuestion.ask(terminal, config, () -> admin.partitions(topic));
      admin.peek(
          topic,
          request,
          record -> {
            print(record, terminal.out());
            return !terminal.out().checkError(); // Somebody like head has seen enough.
          });
    }
    return ExitCode.OK;
  }

  private PeekRequest request() {
    PeekRequest request = PeekRequest.all();
    switch (from.toLowerCase(Locale.ROOT)) {
      case "start", "beginning" -> {}
      case "end" -> request = request.fromEnd();
      default -> request = request.lastOf(offsetsBack());
    }
    if (partition != null) {
      request = request.onlyPartition(partition);
    }
    if (limit != null) {
      request = request.atMost(limit);
    }
    return follow ? request.following() : request;
  }

  private long offsetsBack() {
    try {
      long offsets = Long.parseLong(from);
      if (offsets < 0) {
        return -offsets;
      }
    } catch (NumberFormatException e) {
      throw new ParameterException(notAStart(), e);
    }
    throw new ParameterException(notAStart());
  }

  private String notAStart() {
    return "Cannot read --from " + from + ": it is not start, end or a negative number";
  }

  private void print(PeekedRecord record, PrintStream out) {
    if (form == Form.RAW) {
      byte[] value = record.rawValue();
      if (value != null) {
        out.write(value, 0, value.length);
      }
      out.write('\n');
      return;
    }
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("topic", record.topic());
    line.put("partition", record.partition());
    line.put("offset", record.offset());
    line.put("timestamp", record.timestampMs());
    if (record.kind() != PeekedRecord.Kind.PLAIN) {
      line.put("kind", record.kind().name().toLowerCase(Locale.ROOT));
    }
    if (!record.headers().isEmpty()) {
      line.put("headers", record.headers());
    }
    line.put("key", record.key());
    line.put("value", record.value());
    out.println(Json.LINE.writeValueAsString(line));
  }
}
