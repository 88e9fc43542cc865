package dev.millrace.runner.supervise;

import com.beust.jcommander.Parameter;
import com.beust.jcommander.ParameterException;
import dev.millrace.config.JobConfig;
import dev.millrace.config.MembershipProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The options of a command that can be supervised, and what comes of them. */
public final class SupervisionOptions {

  private static final Logger LOGGER = LoggerFactory.getLogger(SupervisionOptions.class);

  /** The word that makes a command the child of a supervisor. */
  static final String CHILD = "--child";

  /** Which classes a spare child is to load. */
  static final String CLASSES = "--classes";

  /** Stands for {@code --supervise} where the command line is fixed, as in an image. */
  private static final String VARIABLE = "RUNNER_SUPERVISE";

  /** Stands for {@code --jvm-options} in the same way. */
  private static final String OPTIONS_VARIABLE = "RUNNER_JVM_OPTIONS";

  /** Stands for {@code --spare} in the same way. */
  private static final String SPARE_VARIABLE = "RUNNER_SPARE";

  private static final String RESTARTS = "--restarts";
  private static final String BUDGET = "20/10m";

  /** What an orderly stop takes besides the setting {@code shutdown.timeout}, at most. */
  private static final Duration STOP_MARGIN = Duration.ofSeconds(45);

  @Parameter(
      names = "--supervise",
      description = "Start the instance again when its process dies, as its parent process")
  private boolean supervise;

  @Parameter(
      names = RESTARTS,
      placeholder = "N/TIME",
      description = "With --supervise: at most this many restarts within this time (20/10m)")
  private @Nullable String restarts;

  @Parameter(
      names = "--jvm-options",
      placeholder = "OPTIONS",
      description = "With --supervise: options of the instance's JVM, in place of this one's")
  private @Nullable String jvmOptions;

  @Parameter(
      names = "--pid-file",
      placeholder = "FILE",
      description = "With --supervise: the file for the process id of the instance")
  private @Nullable String pidFile;

  @Parameter(
      names = "--spare",
      description = "With --supervise: keep the next process started, so that it begins at once")
  private boolean spare;

  @Parameter(names = CHILD, hidden = true)
  private boolean child;

  @Parameter(names = CLASSES, hidden = true)
  private @Nullable String classes;

  /**
   * {@return whether this process is to be a supervisor}
   *
   * @throws ParameterException if there are options for one, and it is not
   */
  public boolean areForSupervisor(Map<String, String> environment) {
    if (child) {
      return false;
    }
    boolean wanted = supervise || isSet(VARIABLE, environment);
    if (!wanted && (restarts != null || jvmOptions != null || pidFile != null || spare)) {
      throw new ParameterException(
          "Cannot use --restarts, --jvm-options, --pid-file or --spare: nothing is supervised. Add"
              + " --supervise");
    }
    return wanted;
  }

  private static boolean isSet(String variable, Map<String, String> environment) {
    return Boolean.parseBoolean(environment.getOrDefault(variable, "false").strip());
  }

  /**
   * {@return the supervisor of the instance that this command line starts}
   *
   * @param mainClass where the program begins
   * @param words the whole command line
   * @param command the name of the command in it
   * @param asksForPerson whether restarts are of no use after this exit code
   * @param standIn who answers by HTTP while the instance is dead
   * @param environment the variables of this process
   * @param err where the instance's stderr goes
   */
  public Supervisor supervisor(
      String mainClass,
      List<String> words,
      String command,
      JobConfig config,
      IntPredicate asksForPerson,
      StandIn standIn,
      Map<String, String> environment,
      PrintStream err) {
    RestartBudget budget = RestartBudget.parse(RESTARTS, restarts == null ? BUDGET : restarts);
    SupervisorClock clock = SupervisorClock.SYSTEM;
    Optional<ClassLog> log =
        spare || isSet(SPARE_VARIABLE, environment) ? ClassLog.create() : Optional.empty();
    List<String> line =
        ChildCommand.of(
            mainClass,
            words,
            command,
            jvmOptions(environment),
            log.map(ClassLog::jvmOption).stream().toList());
    Child.Launcher launcher = new JvmLauncher(line, log, err, clock);
    return new Supervisor(
        launcher,
        new Spare(launcher, log.isPresent()),
        new RestartPolicy(budget, () -> ThreadLocalRandom.current().nextDouble()),
        new ClusterEvictor(config),
        standIn,
        new Supervisor.Rules(
            asksForPerson,
            config.membership() == MembershipProtocol.CLASSIC,
            stopsWithin(config),
            this::writePid),
        clock);
  }

  /** {@return the options of the instance's JVM; empty if they are those of this one} */
  Optional<String> jvmOptions(Map<String, String> environment) {
    return Optional.ofNullable(jvmOptions == null ? environment.get(OPTIONS_VARIABLE) : jvmOptions);
  }

  /**
   * {@return the link of this process to its supervisor, if it has one}
   *
   * <p>It returns when this process is to begin. One that is started before it is needed gets ready
   * in the meantime.
   */
  public ParentLink link(InputStream in, PrintStream err, JobConfig config)
      throws InterruptedException {
    if (!child) {
      return ParentLink.NONE;
    }
    ParentLink link = ParentLink.open(in, err, stopsWithin(config));
    if (classes != null) {
      ClassLog.load(Path.of(classes));
    }
    link.awaitBegin();
    return link;
  }

  private static Duration stopsWithin(JobConfig config) {
    return config.shutdownTimeout().plus(STOP_MARGIN);
  }

  private void writePid(long pid) {
    if (pidFile == null) {
      return;
    }
    Path file = Path.of(pidFile);
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.writeString(draft, pid + "\n");
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOGGER
          .atWarn()
          .addKeyValue("file", file)
          .addKeyValue("cause", e)
          .log("The process id of the instance could not be written");
    }
  }
}
