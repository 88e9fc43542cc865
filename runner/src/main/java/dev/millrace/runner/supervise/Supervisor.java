package dev.millrace.runner.supervise;

import dev.millrace.error.MillraceException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parent of an instance: it starts the instance's process, and starts it again when that dies.
 *
 * <p><b>Contract.</b> What follows the end of a process:
 *
 * <pre>
 *   it ended with 0                              the supervisor ends, too
 *   its exit code asks for a person              the same, with that code
 *   anything else, and restarts are left         the next process, after {@link RestartPolicy}'s delay
 *   none are left                                the supervisor ends with the code of the last one
 *   the supervisor is asked to stop              it passes that on, waits for the process, and ends
 * </pre>
 *
 * <p><b>Eviction.</b> An instance that is started again at once comes back under its own name: its
 * group waits for it for {@code session.timeout}, it takes its tasks up where their state is, and
 * its first step ends the transactions that it had left open. To evict it before that would make
 * the group share its tasks out twice, and have others restore the state of what they are to give
 * back. So it is evicted, at once, where that is not to be had: if the restart has to wait, if
 * there will be none, or if its group does not know it again.
 *
 * <p><b>A spare.</b> Where that is wanted, the next process is started when the present one has
 * worked steadily, and waits: what it would do first, a restart need not wait for.
 *
 * <p><b>Questions.</b> While an instance is dead and has to wait, its {@link StandIn} answers at
 * its address, so that callers there see why.
 *
 * <p><b>Threads.</b> {@link #run} is called once; the other methods are for any thread.
 */
public final class Supervisor implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(Supervisor.class);

  /** How often it is looked whether there is a spare process. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** The code of a process that could not even be started. */
  private static final int NOT_STARTED = 1;

  private final Child.Launcher launcher;
  private final Spare spare;
  private final RestartPolicy policy;
  private final Evictor evictor;
  private final StandIn standIn;
  private final Rules rules;
  private final SupervisorClock clock;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Object lock = new Object();
  private @Nullable Child child;
  private Optional<ChildReport.Started> identity = Optional.empty();
  private Optional<InetSocketAddress> serving = Optional.empty();
  private Past past = Past.NONE;
  private Optional<Instant> nextStart = Optional.empty();
  private Supervision.Phase phase = Supervision.Phase.STARTING;
  private Instant since;

  /**
   * The rules for a supervisor that follow from the job and its settings.
   *
   * @param asksForPerson whether a process that ended with this exit code would end so again
   * @param comesBackAsItself whether the groups know an instance again that is started at once
   * @param stopsWithin how long an orderly stop may take; then the process is killed
   * @param started called with the id of each process
   */
  record Rules(
      IntPredicate asksForPerson,
      boolean comesBackAsItself,
      Duration stopsWithin,
      LongConsumer started) {}

  Supervisor(
      Child.Launcher launcher,
      Spare spare,
      RestartPolicy policy,
      Evictor evictor,
      StandIn standIn,
      Rules rules,
      SupervisorClock clock) {
    this.launcher = launcher;
    this.spare = spare;
    this.policy = policy;
    this.evictor = evictor;
    this.standIn = standIn;
    this.rules = rules;
    this.clock = clock;
    this.since = clock.now();
  }

  /** The end of a process, as far as it matters for what follows. */
  private record End(int exitCode, List<String> lastLines, boolean steadily) {}

  /**
   * Keeps the instance running until it has come to its end, or the supervisor is asked to stop.
   *
   * @throws InstanceEndedException if the instance failed and is not started again
   */
  public void run() throws InterruptedException {
    while (true) {
      long begunNanos = clock.nanos();
      Optional<End> ended = runOnce();
      if (ended.isEmpty() || isStopping()) {
        return;
      }
      End end = ended.get();
      if (end.exitCode() == 0) {
        enter(Supervision.Phase.ENDED, Optional.empty());
        return;
      }
      noteFailure(end);
      if (rules.asksForPerson().test(end.exitCode())) {
        enter(Supervision.Phase.ENDED, Optional.empty());
        throw asksForPerson(end);
      }
      long diedNanos = clock.nanos();
      Optional<Duration> delay = policy.afterDeath(diedNanos, end.steadily());
      logDeath(end, Duration.ofNanos(diedNanos - begunNanos), delay);
      if (delay.isEmpty()) {
        evict();
        enter(Supervision.Phase.ENDED, Optional.empty());
        throw budgetUsedUp(end);
      }
      awaitRestart(delay.get(), diedNanos);
      if (isStopping()) {
        return;
      }
      noteRestart();
    }
  }

  /** {@return the end of one process; empty if none was started, since the supervisor stops} */
  private Optional<End> runOnce() throws InterruptedException {
    Child started;
    try {
      Optional<Child> launched = launch();
      if (launched.isEmpty()) {
        return Optional.empty();
      }
      started = launched.get();
    } catch (MillraceException e) {
      return Optional.of(new End(NOT_STARTED, List.of(String.valueOf(e.getMessage())), false));
    }
    int code = awaitEnd(started);
    long now = clock.nanos();
    OptionalLong running = started.runningSinceNanos();
    boolean steadily =
        running.isPresent() && now - running.getAsLong() >= RestartPolicy.STEADY.toNanos();
    synchronized (lock) {
      identity = started.identity().or(() -> identity);
      serving = started.serving().or(() -> serving);
      child = null;
    }
    return Optional.of(new End(code, started.lastLines(), steadily));
  }

  private int awaitEnd(Child present) throws InterruptedException {
    while (spare.isWanted() && !present.awaitEnd(LOOK)) {
      if (!isStopping()) {
        spare.look(present, clock.nanos());
      }
    }
    return present.awaitEnd();
  }

  private Optional<Child> launch() {
    Child launched;
    synchronized (lock) {
      if (isStopping()) {
        return Optional.empty();
      }
      launched = spare.take().orElseGet(launcher::launch);
      launched.begin(past);
      child = launched;
      enter(Supervision.Phase.STARTING, Optional.empty());
    }
    LOGGER
        .atInfo()
        .addKeyValue("pid", launched.pid())
        .addKeyValue("restarts", past().restarts())
        .log("Instance process started");
    rules.started().accept(launched.pid());
    return Optional.of(launched);
  }

  private void awaitRestart(Duration delay, long diedNanos) throws InterruptedException {
    if (delay.isZero() && rules.comesBackAsItself()) {
      return;
    }
    enter(Supervision.Phase.WAITING, Optional.of(clock.now().plus(delay)));
    Optional<StandIn.Answering> answering =
        delay.isZero()
            ? Optional.empty()
            : serving.map(address -> standIn.open(address, this::supervision));
    try {
      evict();
      Duration left = delay.minusNanos(clock.nanos() - diedNanos);
      if (!left.isNegative() && !left.isZero()) {
        clock.await(stop, left);
      }
    } finally {
      answering.ifPresent(StandIn.Answering::close);
    }
  }

  private void evict() {
    Optional<ChildReport.Started> dead = identity();
    if (dead.isEmpty()) {
      return; // It died before it had a name, hence before it was in any group.
    }
    try {
      evictor.evict(dead.get().job(), dead.get().instance());
    } catch (RuntimeException e) {
      LOGGER
          .atWarn()
          .addKeyValue("instance", dead.get().instance())
          .addKeyValue("cause", e.getMessage())
          .log("The dead instance could not be evicted; its groups miss it after session.timeout");
    }
  }

  private void logDeath(End end, Duration lasted, Optional<Duration> delay) {
    LOGGER
        .atWarn()
        .addKeyValue("ended", ChildFailure.how(end.exitCode()))
        .addKeyValue("afterSeconds", lasted.toSeconds())
        .addKeyValue("restartInMs", delay.map(Duration::toMillis).map(String::valueOf).orElse("-"))
        .addKeyValue("restartsLeft", policy.restartsLeft())
        .log("Instance process ended");
  }

  private InstanceEndedException asksForPerson(End end) {
    return new InstanceEndedException(
        "Cannot keep "
            + what()
            + " running: it ended "
            + ChildFailure.how(end.exitCode())
            + ", and would do so again. Its message above names the remedy",
        end.exitCode());
  }

  private InstanceEndedException budgetUsedUp(End end) {
    RestartBudget budget = policy.budget();
    String last =
        end.lastLines().isEmpty()
            ? ""
            : " (\"" + end.lastLines().get(end.lastLines().size() - 1) + "\")";
    return new InstanceEndedException(
        "Cannot keep "
            + what()
            + " running: it has ended "
            + (budget.restarts() + 1L)
            + " times within "
            + budget.window().toSeconds()
            + " s, the last time "
            + ChildFailure.how(end.exitCode())
            + last
            + ". Mend what the log reports, and start it again; --restarts allows more",
        end.exitCode());
  }

  private String what() {
    return identity().map(known -> "job '" + known.job() + "'").orElse("the job");
  }

  // ------------------------------------------------------------------ what others see

  private void noteFailure(End end) {
    synchronized (lock) {
      ChildFailure failure = new ChildFailure(clock.now(), end.exitCode(), end.lastLines());
      past = new Past(past.restarts(), Optional.of(failure));
    }
  }

  private void noteRestart() {
    synchronized (lock) {
      past = new Past(past.restarts() + 1, past.lastFailure());
    }
  }

  private void enter(Supervision.Phase next, Optional<Instant> restart) {
    synchronized (lock) {
      phase = next;
      since = clock.now();
      nextStart = restart;
    }
  }

  private Past past() {
    synchronized (lock) {
      return past;
    }
  }

  private Optional<ChildReport.Started> identity() {
    synchronized (lock) {
      return identity;
    }
  }

  /** {@return where the instance stands} */
  public Supervision supervision() {
    synchronized (lock) {
      Child present = child;
      Optional<ChildReport.Started> known =
          present == null ? identity : present.identity().or(() -> identity);
      boolean runs =
          phase == Supervision.Phase.STARTING
              && present != null
              && present.runningSinceNanos().isPresent();
      return new Supervision(
          runs ? Supervision.Phase.RUNNING : phase,
          since,
          known.map(ChildReport.Started::job),
          known.map(ChildReport.Started::instance),
          present == null ? OptionalLong.empty() : OptionalLong.of(present.pid()),
          nextStart,
          past);
    }
  }

  private boolean isStopping() {
    return stop.getCount() == 0;
  }

  /**
   * Stops the process in good order and waits for it, for as long as an orderly stop may take;
   * nothing is started again. Harmless if everything has ended.
   */
  @Override
  public void close() {
    Child present;
    synchronized (lock) {
      stop.countDown();
      present = child;
    }
    spare.close();
    if (present == null) {
      return;
    }
    enter(Supervision.Phase.STOPPING, Optional.empty());
    LOGGER.atInfo().addKeyValue("pid", present.pid()).log("The stop is passed on to the instance");
    present.stop();
    try {
      if (!present.awaitEnd(rules.stopsWithin())) {
        LOGGER
            .atWarn()
            .addKeyValue("pid", present.pid())
            .addKeyValue("waitedSeconds", rules.stopsWithin().toSeconds())
            .log("The instance does not stop; it is killed");
        present.kill();
      }
    } catch (InterruptedException e) {
      present.kill();
      Thread.currentThread().interrupt();
    }
  }
}
