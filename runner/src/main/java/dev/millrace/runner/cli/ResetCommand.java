package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.ResetPlan;
import dev.millrace.admin.ResetRequest;
import dev.millrace.admin.ResetTarget;
import dev.millrace.config.DurationText;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.TextTable;
import java.io.PrintStream;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

@Parameters(
    commandDescription =
        "Start a job over: move its offsets, drop its state (dry run unless --execute)")
final class ResetCommand implements Command {

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(names = "--to-earliest", description = "From the first record that is still there")
  private boolean toEarliest;

  @Parameter(names = "--to-latest", description = "From the end: only what comes afterwards")
  private boolean toLatest;

  @Parameter(names = "--to-current", description = "From the job's position, without its state")
  private boolean toCurrent;

  @Parameter(
      names = "--to-datetime",
      placeholder = "TIME",
      description = "From a time such as 2026-01-31T00:00:00 (UTC) or ...T00:00:00+02:00")
  private @Nullable String toDatetime;

  @Parameter(
      names = "--by-duration",
      placeholder = "DURATION",
      description = "From that long ago: 90s, 5m, 2h, 1d or PT2H")
  private @Nullable String byDuration;

  @Parameter(names = "--to-offset", placeholder = "N", description = "From this offset")
  private @Nullable Long toOffset;

  @Parameter(
      names = "--shift-by",
      placeholder = "N",
      description = "From so many records further on; back if negative")
  private @Nullable Long shiftBy;

  @Parameter(
      names = "--topic",
      placeholder = "TOPIC[:P,P...]",
      splitter = Unsplit.class,
      description = "Move only this source, or these partitions of it; may be repeated")
  private List<String> topics = new ArrayList<>();

  @Parameter(names = "--execute", description = "Do it; without this nothing is changed")
  private boolean execute;

  @Parameter(names = "--dry-run", description = "Only print what would be done; the default")
  private boolean dryRun;

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "JOB --to-... [--execute] [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("reset");
    String job = Operands.one("JOB", operands);
    ResetRequest request = request();
    if (execute && dryRun) {
      throw new ParameterException("Cannot reset: --execute and --dry-run exclude each other");
    }
    JobConfig config = options.config(terminal);
    try (JobAdmin admin = JobAdmin.connect(config)) {
      ResetPlan plan = ClusterQuestion.ask(terminal, config, () -> admin.planReset(job, request));
      print(plan, terminal.out());
      if (execute) {
        admin.reset(plan);
        terminal.err().println("Job '" + job + "' is reset; start it to compute anew");
      } else {
        terminal.err().println("Nothing was changed; --execute does it");
      }
    }
    return ExitCode.OK;
  }

  private static void print(ResetPlan plan, PrintStream out) {
    if (plan.resumes()) {
      out.println("A reset was interrupted; this completes it, to the offsets worked out then.");
    }
    TextTable table = new TextTable("STAGE", "TOPIC", "PARTITION", "FROM", "TO");
    plan.moves()
        .forEach(
            move ->
                table.row(
                    move.stage(),
                    move.topic(),
                    move.partition(),
                    move.from().isPresent() ? move.from().getAsLong() : "-",
                    move.to()));
    table.print(out);
    out.println("Deleted with all state: " + String.join(", ", plan.deletedTopics()));
  }

  private ResetRequest request() {
    List<ResetTarget> targets = targets();
    if (targets.size() != 1) {
      throw new ParameterException(
          "Cannot reset: give exactly one of --to-earliest, --to-latest, --to-current,"
              + " --to-datetime, --by-duration, --to-offset, --shift-by");
    }
    ResetRequest request = ResetRequest.to(targets.get(0));
    for (String scope : topics) {
      int colon = scope.indexOf(':');
      request =
          colon < 0
              ? request.onlyTopic(scope, Set.of())
              : request.onlyTopic(scope.substring(0, colon), partitions(scope, colon + 1));
    }
    return request;
  }

  private List<ResetTarget> targets() {
    List<ResetTarget> targets = new ArrayList<>();
    if (toEarliest) {
      targets.add(new ResetTarget.Earliest());
    }
    if (toLatest) {
      targets.add(new ResetTarget.Latest());
    }
    if (toCurrent) {
      targets.add(new ResetTarget.Current());
    }
    if (toDatetime != null) {
      targets.add(new ResetTarget.AtTime(time(toDatetime)));
    }
    if (byDuration != null) {
      targets.add(new ResetTarget.Ago(duration(byDuration)));
    }
    if (toOffset != null) {
      targets.add(new ResetTarget.Offset(toOffset));
    }
    if (shiftBy != null) {
      targets.add(new ResetTarget.Shift(shiftBy));
    }
    return targets;
  }

  private static Set<Integer> partitions(String scope, int from) {
    Set<Integer> partitions = new TreeSet<>();
    for (String number : scope.substring(from).split(",", -1)) {
      try {
        partitions.add(Integer.parseInt(number.strip()));
      } catch (NumberFormatException e) {
        throw new ParameterException(
            "Cannot read --topic " + scope + ": '" + number + "' is no partition", e);
      }
    }
    return partitions;
  }

  static Instant time(String text) {
    try {
      return text.matches(".*(Z|[+-]\\d\\d(:?\\d\\d)?)$") && text.contains("T")
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new ParameterException(
          "Cannot read --to-datetime " + text + ": it is not of the form 2026-01-31T00:00:00", e);
    }
  }

  static Duration duration(String text) {
    try {
      return text.startsWith("P")
          ? Duration.parse(text)
          : DurationText.parse("--by-duration", text);
    } catch (DateTimeException e) {
      throw new ParameterException("Cannot read --by-duration " + text + ": it is no duration", e);
    }
  }
}
