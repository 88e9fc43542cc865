package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.LetterFilter;
import dev.millrace.admin.LetterKind;
import dev.millrace.admin.ReplayPlan;
import dev.millrace.admin.ReplayRequest;
import dev.millrace.admin.ReplayResult;
import dev.millrace.admin.StoredLetter;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.TextTable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

@Parameters(
    commandDescription =
        "List a job's dead letters, or put their records back (dry run unless --execute)")
final class DlqCommand implements Command {

  private static final String LIST = "list";
  private static final String REPLAY = "replay";
  private static final long LISTED_AS_TEXT = 100;
  private static final int MESSAGE_CHARS = 80;

  @Parameter private List<String> operands = new ArrayList<>();

  @Parameter(
      names = "--where",
      placeholder = "KEY=VALUE",
      splitter = Unsplit.class,
      description =
          "Only letters with that stage, operator, topic or exception; may be repeated, then all"
              + " must hold. The others stay as they are, for a later replay")
  private List<String> conditions = new ArrayList<>();

  @Parameter(
      names = "--limit",
      placeholder = "N",
      description = "At most this many letters (list as text: 100)")
  private @Nullable Long limit;

  @Parameter(
      names = "--to",
      placeholder = "TOPIC",
      splitter = Unsplit.class,
      description = "replay: into this topic instead of each record's own")
  private @Nullable String target;

  @Parameter(
      names = "--before-reset",
      description =
          "replay: also letters from before the last reset, whose records may have been read again")
  private boolean beforeReset;

  @Parameter(names = "--execute", description = "replay: do it; without this nothing is changed")
  private boolean execute;

  @ParametersDelegate private OutputOptions output = new OutputOptions();
  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return LIST + "|" + REPLAY + " JOB [options]";
  }

  @Override
  public List<String> operandWords() {
    return List.of(LIST, REPLAY);
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("dlq");
    List<String> words = Operands.all(operands, LIST + " or " + REPLAY, "JOB");
    if (limit != null && limit < 1) {
      throw new ParameterException("Cannot use --limit " + limit + ": it must be positive");
    }
    LetterFilter filter = filter();
    switch (words.get(0)) {
      case LIST -> {
        refuseOptionsOfReplay();
        list(words.get(1), filter, terminal);
      }
      case REPLAY -> replay(words.get(1), request(filter), terminal);
      default ->
          throw new ParameterException(
              "Cannot read the command line: '"
                  + words.get(0)
                  + "' is nothing to be done with dead letters. There are "
                  + LIST
                  + " and "
                  + REPLAY);
    }
    return ExitCode.OK;
  }

  private LetterFilter filter() {
    LetterFilter filter = LetterFilter.all();
    for (String condition : conditions) {
      int equals = condition.indexOf('=');
      String value = condition.substring(equals + 1);
      filter =
          switch (equals < 1 ? "" : condition.substring(0, equals)) {
            case "stage" -> filter.onlyStage(value);
            case "operator" -> filter.onlyOperator(value);
            case "topic" -> filter.onlyTopic(value);
            case "exception" -> filter.onlyException(value);
            default ->
                throw new ParameterException(
                    "Cannot read --where "
                        + condition
                        + ": it is not stage=, operator=, topic= or exception= and a value");
          };
    }
    return filter;
  }

  private void refuseOptionsOfReplay() {
    if (execute || beforeReset || target != null) {
      throw new ParameterException(
          "Cannot list dead letters: --execute, --before-reset and --to are for dlq replay");
    }
  }

  private ReplayRequest request(LetterFilter filter) {
    ReplayRequest request = ReplayRequest.all().only(filter);
    if (limit != null) {
      request = request.atMost(limit);
    }
    if (target != null) {
      request = request.into(target);
    }
    return beforeReset ? request.ofAllLives() : request;
  }

  // ------------------------------------------------------------------ list

  private void list(String job, LetterFilter filter, Terminal terminal) {
    PrintStream out = terminal.out();
    long most = limit != null ? limit : output.isJson() ? Long.MAX_VALUE : LISTED_AS_TEXT;
    List<StoredLetter> letters = new ArrayList<>();
    long[] seen = {0};
    boolean ignored =
        ClusterQuestion.ask(
            terminal,
            options.config(terminal),
            admin -> {
              admin.deadLetters(
                  job,
                  filter,
                  letter -> {
                    if (++seen[0] > most) {
                      return false;
                    }
                    if (output.isJson()) {
                      out.println(Json.LINE.writeValueAsString(letter));
                    } else {
                      letters.add(letter);
                    }
                    return !out.checkError(); // Somebody like head has seen enough.
                  });
              return true;
            });
    if (!output.isJson()) {
      print(letters, out);
      if (seen[0] > most) {
        terminal.err().println("There are more; --limit N shows N");
      }
    }
  }

  private static void print(List<StoredLetter> letters, PrintStream out) {
    TextTable table =
        new TextTable(
            "PARTITION",
            "OFFSET",
            "WRITTEN",
            "STATE",
            "STAGE",
            "OPERATOR",
            "RECORD",
            "EXCEPTION",
            "MESSAGE");
    letters.forEach(
        letter ->
            table.row(
                letter.partition(),
                letter.offset(),
                letter.writtenAt(),
                letter.state().words(),
                letter.kind().stage(),
                letter.kind().operator(),
                record(letter),
                simpleName(letter.kind().exception()),
                shortened(letter.message())));
    table.print(out);
  }

  private static String record(StoredLetter letter) {
    return letter.recordOffset().isPresent()
        ? letter.kind().topic()
            + "-"
            + letter.recordPartition().orElse(-1)
            + "@"
            + letter.recordOffset().getAsLong()
        : "-";
  }

  private static String simpleName(String type) {
    return type.substring(type.lastIndexOf('.') + 1);
  }

  private static String shortened(String message) {
    String line = message.lines().findFirst().orElse("");
    return line.length() <= MESSAGE_CHARS ? line : line.substring(0, MESSAGE_CHARS) + "...";
  }

  // ------------------------------------------------------------------ replay

  private void replay(String job, ReplayRequest request, Terminal terminal) {
    JobConfig config = options.config(terminal);
    try (JobAdmin admin = JobAdmin.connect(config)) {
      ReplayPlan plan = ClusterQuestion.ask(terminal, config, () -> admin.planReplay(job, request));
      if (!output.isJson()) {
        print(plan, terminal.out());
      }
      ReplayResult result = execute ? admin.replay(plan) : null;
      if (output.isJson()) {
        Map<String, @Nullable Object> answer = new LinkedHashMap<>();
        answer.put("job", plan.job());
        answer.put("topic", plan.topic());
        answer.put("letters", plan.letters());
        answer.put("executed", execute);
        if (result != null) {
          answer.put("replayed", result.replayed());
          answer.put("gone", result.gone());
        }
        terminal.out().println(Json.PRETTY.writeValueAsString(answer));
      }
      report(result, terminal.err());
    }
  }

  private static void report(@Nullable ReplayResult result, PrintStream err) {
    if (result == null) {
      err.println("Nothing was changed; --execute does it");
      return;
    }
    err.println(result.replayed() + " records were put back");
    if (result.gone() > 0) {
      err.println(
          result.gone()
              + " letters are too large to hold their records, which are not in their topics any"
              + " more: peek shows what there is of them");
    }
  }

  private static void print(ReplayPlan plan, PrintStream out) {
    out.println("Dead letters: topic " + plan.topic());
    TextTable table =
        new TextTable("STAGE", "OPERATOR", "TOPIC", "EXCEPTION", "LETTERS", "REPLAY", "STATE");
    for (ReplayPlan.Letters letters : plan.letters()) {
      LetterKind kind = letters.kind();
      table.row(
          kind.stage(),
          kind.operator(),
          kind.topic().isEmpty() ? "-" : kind.topic(),
          simpleName(kind.exception()),
          letters.count(),
          letters.selected(),
          letters.state().words());
    }
    table.print(out);
  }
}
