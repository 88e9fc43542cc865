package dev.millrace.runner.cli;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import com.beust.jcommander.Parameters;
import com.beust.jcommander.ParametersDelegate;
import dev.millrace.JobAdmin;
import dev.millrace.admin.JobStatus;
import dev.millrace.admin.JobStatus.Worker.Phase;
import dev.millrace.config.DurationText;
import dev.millrace.config.JobConfig;
import dev.millrace.metrics.StageCounters;
import dev.millrace.runner.host.JobHealth;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import dev.millrace.runner.output.TextTable;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

@Parameters(
    commandDescription = "Show a job's instances and progress; exits with 3 if it is not healthy")
final class StatusCommand implements Command {

  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(2);
  private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);

  @Parameter private List<String> operands = new ArrayList<>();

  @ParametersDelegate private OutputOptions output = new OutputOptions();

  @Parameter(
      names = "--max-lag",
      placeholder = "N",
      description =
          "Also not healthy (exit code 3) if more records than that wait in all inputs together, or"
              + " if that is not known")
  private @Nullable Long maxLag;

  @Parameter(
      names = "--watch",
      description =
          "Look again every 2 s, or at the interval given after JOB, such as 500ms or 1m: in"
              + " place on a terminal, else one look after the other")
  private boolean watch;

  @Parameter(
      names = "--exit-code",
      description =
          "With --watch: end with 3 at the first look at a job that is not healthy; without it"
              + " status always does so")
  private boolean exitCode;

  @ParametersDelegate private CommonOptions options = new CommonOptions();

  @Override
  public String operands() {
    return "JOB [options], or JOB --watch [EVERY] [options]";
  }

  @Override
  public CommonOptions options() {
    return options;
  }

  @Override
  public ExitCode run(Terminal terminal, JobArgumentWords jobArguments) {
    jobArguments.mustBeEmpty("status");
    if (watch) {
      return watch(terminal);
    }
    String job = Operands.one("JOB", operands);
    JobStatus status =
        ClusterQuestion.ask(terminal, options.config(terminal), admin -> admin.status(job));
    if (output.isJson()) {
      terminal.out().println(Json.PRETTY.writeValueAsString(status));
    } else {
      print(status, terminal.out());
    }
    return codeOf(status);
  }

  private ExitCode codeOf(JobStatus status) {
    return status.isHealthy() && (maxLag == null || isWithin(maxLag, status))
        ? ExitCode.OK
        : ExitCode.NOT_HEALTHY;
  }

  /** Who asks wants to know that the job keeps up, which of a group that is away nobody knows. */
  static boolean isWithin(long mostLag, JobStatus status) {
    return status.totalLag() <= mostLag
        && status.stages().stream().allMatch(stage -> stage.groupFailure().isEmpty());
  }

  private ExitCode watch(Terminal terminal) {
    // The option itself takes no value, since JCommander's cannot do with or without one.
    boolean hasInterval = operands.size() > 1;
    List<String> words =
        hasInterval
            ? Operands.all(operands, "JOB", "EVERY")
            : List.of(Operands.one("JOB", operands));
    boolean intervalFirst = hasInterval && !isInterval(words.get(1)) && isInterval(words.get(0));
    String job = words.get(intervalFirst ? 1 : 0);
    Duration every = hasInterval ? interval(words.get(intervalFirst ? 0 : 1)) : WATCH_INTERVAL;
    JobConfig config = options.config(terminal);
    try (JobAdmin admin = JobAdmin.connect(config)) {
      return new StatusWatch(
              terminal,
              () -> ClusterQuestion.ask(terminal, config, () -> admin.status(job)),
              () -> waitFor(every),
              Clock.systemUTC())
          .run(
              output.isJson(),
              status ->
                  exitCode && codeOf(status) == ExitCode.NOT_HEALTHY ? ExitCode.NOT_HEALTHY : null);
    }
  }

  private static boolean isInterval(String text) {
    return text.matches("\\d+[a-z]+");
  }

  private static Duration interval(String text) {
    Duration every = DurationText.parse("EVERY", text);
    if (every.compareTo(SHORTEST_INTERVAL) < 0) {
      throw new ParameterException(
          "Cannot look every "
              + text
              + ": it must be "
              + SHORTEST_INTERVAL.toMillis()
              + "ms or more");
    }
    return every;
  }

  private static boolean waitFor(Duration every) {
    try {
      Thread.sleep(every.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static void print(JobStatus status, PrintStream out) {
    out.println(
        "job "
            + status.job()
            + ", "
            + status.phase().name().toLowerCase(Locale.ROOT)
            + (status.finished() ? ", finished" : status.bounded() ? ", until the end" : "")
            + (status.paused() ? ", paused" : "")
            + (status.stopped() ? ", stopped" : "")
            + ", reset "
            + status.resetEpoch()
            + (status.resetEpoch() == 1 ? " time, " : " times, ")
            + health(status));
    if (status.restoreRemaining() > 0) {
      out.println(status.restoreRemaining() + " changelog records still to be restored");
    }
    printFailures(status, out);
    printWaits(status, out);
    printWorkers(status, out);
    out.println();
    TextTable instances =
        new TextTable(
            "INSTANCE", "HOST", "PID", "STATE", "REPORTED", "MISSED AFTER", "RESTARTS", "ERROR");
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
                    instance.sessionTimeout().map(StatusCommand::seconds).orElse("unknown"),
                    instance.restarts(),
                    instance.error().isEmpty() && !instance.lastFailure().isEmpty()
                        ? "ended at " + instance.lastFailure()
                        : instance.error()));
    instances.print(out);
    out.println();
    if (status.instances().stream().anyMatch(instance -> !instance.tables().isEmpty())) {
      TextTable tables =
          new TextTable("TABLE", "INSTANCE", "STATE", "ROWS", "BYTES", "LAG", "SKIPPED", "TOPIC");
      status.instances().forEach(instance -> addTables(instance, tables));
      tables.print(out);
      out.println();
    }
    TextTable tasks =
        new TextTable("STAGE", "TASK", "INSTANCE", "STATE", "WATERMARK", "INPUT", "OFFSET", "LAG");
    status.stages().forEach(stage -> addTasks(stage, tasks));
    tasks.print(out);
    out.println();
    TextTable paces = new TextTable("STAGE", "COMMITS EVERY", "EACH TAKES", "BECAUSE");
    status.stages().forEach(stage -> addPace(stage, paces));
    paces.print(out);
    out.println();
    out.println("Since the instances started:");
    TextTable counters =
        new TextTable(
            "STAGE",
            "IN",
            "OUT",
            "LATE",
            "PARTLY LATE",
            "SKIPPED",
            "DEAD LETTERS",
            "TOMBSTONES",
            "UNMATCHED",
            "DIVIDING",
            "ABORTS");
    status.stages().forEach(stage -> addCounters(stage.name(), stage.counters(), counters));
    counters.print(out);
  }

  private static void addCounters(String stage, StageCounters counters, TextTable table) {
    table.row(
        stage,
        counters.recordsIn(),
        counters.recordsOut(),
        counters.lateRecords(),
        counters.partlyLateRecords(),
        counters.skippedRecords(),
        counters.deadLetters(),
        counters.tombstones(),
        counters.unmatchedRetractions(),
        counters.dividingCommits(),
        counters.aborts());
  }

  private static void addTables(JobStatus.Instance instance, TextTable tables) {
    instance
        .tables()
        .forEach(
            table ->
                tables.row(
                    table.name(),
                    instance.id(),
                    table.loaded() ? "LOADED" : "LOADING",
                    table.rows(),
                    table.bytes(),
                    table.lag(),
                    table.skippedRecords(),
                    table.topic()));
  }

  /** The reason in a word or two, since the exit code only shows that there is one. */
  private static String health(JobStatus status) {
    return (status.isHealthy() ? "" : "NOT HEALTHY: ") + JobHealth.inWords(status);
  }

  private static void printFailures(JobStatus status, PrintStream out) {
    for (JobStatus.Stage stage : status.stages()) {
      stage
          .groupFailure()
          .ifPresent(
              reason ->
                  out.println(
                      "group "
                          + stage.group()
                          + " could not be asked, so offsets and lag of stage "
                          + stage.name()
                          + " are not known: "
                          + reason));
    }
  }

  private static void printWaits(JobStatus status, PrintStream out) {
    for (String source : status.pausedSources()) {
      out.println("source " + source + " is paused until it is resumed");
    }
    for (JobStatus.Stage stage : status.stages()) {
      for (String topic : stage.awaitedTopics()) {
        out.println(
            "stage "
                + stage.name()
                + " does not read its stream before the table of topic "
                + topic
                + " is there ("
                + left(status, topic)
                + " records left"
                + (isRead(status, topic) ? ")" : ", which no copy reads)"));
      }
      for (String later : stage.heldBackBy()) {
        out.println(
            "stage "
                + stage.name()
                + " is held back until stage "
                + later
                + " has read more of what it sends"
                + (isServed(status, later) ? "" : ", and no copy runs that stage"));
      }
    }
  }

  /** Names the workers that do not just work; those of a paused source are named with it. */
  private static void printWorkers(JobStatus status, PrintStream out) {
    for (JobStatus.Stage stage : status.stages()) {
      for (JobStatus.Worker worker : stage.workers()) {
        if (worker.phase() != Phase.RUNNING && worker.phase() != Phase.PAUSED) {
          out.println(
              "worker "
                  + worker.number()
                  + " of stage "
                  + stage.name()
                  + " on "
                  + worker.instance()
                  + inWords(worker.phase(), worker.since()));
        }
      }
    }
  }

  private static String inWords(Phase phase, Instant since) {
    return switch (phase) {
      case STARTING -> " has waited for Kafka, tables or its first tasks since " + since;
      case RESTORING -> " has been restoring state since " + since;
      case RUNNING -> " has been working since " + since;
      case PAUSED -> " has not read its source since " + since;
      case SUSPENDED ->
          " has been suspended since " + since + ": the system behind a sink keeps failing";
      case CLOSING -> " has been closing since " + since;
    };
  }

  private static boolean isRead(JobStatus status, String topic) {
    return status.stages().stream()
        .filter(stage -> stage.inputs().stream().anyMatch(input -> input.topic().equals(topic)))
        .anyMatch(StatusCommand::mayHaveMembers);
  }

  private static boolean isServed(JobStatus status, String stage) {
    return status.stages().stream()
        .filter(each -> each.name().equals(stage))
        .anyMatch(StatusCommand::mayHaveMembers);
  }

  private static boolean mayHaveMembers(JobStatus.Stage stage) {
    return stage.members() > 0 || stage.groupFailure().isPresent();
  }

  /** {@return how much is still to be read of a topic that is a table} */
  private static long left(JobStatus status, String topic) {
    return status.stages().stream()
        .flatMap(stage -> stage.inputs().stream())
        .filter(input -> input.topic().equals(topic))
        .mapToLong(input -> input.lag().orElse(0))
        .sum();
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
              watermark(task.watermark()),
              input.topic(),
              number(input.committed()),
              number(input.lag()));
        }
      }
    }
  }

  private static void addPace(JobStatus.Stage stage, TextTable table) {
    stage
        .pace()
        .ifPresentOrElse(
            pace ->
                table.row(
                    stage.name(),
                    milliseconds(pace.interval()),
                    milliseconds(pace.duration()),
                    pace.reason()),
            () -> table.row(stage.name(), "-", "-", "-"));
  }

  private static String milliseconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
  }

  private static String seconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
  }

  private static String watermark(Optional<Instant> watermark) {
    return watermark.map(at -> at.equals(Instant.MAX) ? "end" : at.toString()).orElse("-");
  }

  private static String number(OptionalLong number) {
    return number.isPresent() ? Long.toString(number.getAsLong()) : "-";
  }
}
