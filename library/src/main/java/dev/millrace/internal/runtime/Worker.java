package dev.millrace.internal.runtime;

import dev.millrace.error.MillraceException;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.connector.WorkerSerdes;
import dev.millrace.internal.failure.StoppedException;
import dev.millrace.internal.kafka.Startup;
import dev.millrace.internal.restore.Fencer;
import dev.millrace.internal.stage.ClientMeasure;
import dev.millrace.internal.stage.StageMetrics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageShare;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.metrics.StageCounters;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that serves one stage: poll, process, commit. What it does when is in {@link
 * WorkerLoop}, in which phases in {@link WorkerLife}, and of what it consists in {@link
 * WorkerParts}.
 *
 * <p>{@link #run} does all of that. To run a worker step by step, call {@link #begin}, {@link
 * #turn} over and over, and {@link #end}.
 *
 * <p><b>Threads.</b> {@link #run} and the single steps are confined to one thread; {@link #stop()},
 * {@link #hold}, {@link #metrics()}, {@link #cells()}, {@link #clientMetrics}, {@link #view()},
 * {@link #roundTime()}, {@link #isStarted()}, {@link #has}, {@link #tasks()} and {@link #ask} may
 * be called by any other.
 */
public final class Worker {

  private static final Logger LOGGER = LoggerFactory.getLogger(Worker.class);

  private final String transactionalId;
  private final Startup startup;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final WorkerFailure failures;
  private final WorkerLife life;
  private final OwnedPartitions owned;
  private final Openings openings;
  private final Assignment assignment;
  private final Inquiries inquiries;
  private final Transactions transactions;
  private final Intake intake;
  private final StageMetrics metrics;
  private final WorkerDisplay display;
  private final WorkerLoop loop;
  private final WorkerEnd end;

  /**
   * Creates a worker around its clients and serdes, which it closes in the end.
   *
   * @param setup the stage, with the worker's serdes
   * @param serdes these, as far as they are open
   * @param transactionalId also the consumer's client id
   */
  public Worker(
      StageSetup setup,
      WorkerSerdes serdes,
      WorkerSetup worker,
      StageShare share,
      String transactionalId,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      Fencer fencer,
      FinishLine finishLine,
      Duration minCommitInterval) {
    WorkerParts parts =
        WorkerParts.of(
            setup,
            worker,
            share,
            transactionalId,
            consumer,
            sender,
            fencer,
            finishLine,
            minCommitInterval);
    this.transactionalId = transactionalId;
    this.startup = worker.startup();
    this.consumer = consumer;
    this.sender = sender;
    this.failures = new WorkerFailure(setup.plan().job(), setup.stage().name(), transactionalId);
    this.life = parts.life();
    this.owned = parts.owned();
    this.openings = parts.openings();
    this.assignment = parts.assignment();
    this.inquiries = parts.inquiries();
    this.transactions = parts.transactions();
    this.intake = parts.intake();
    this.metrics = parts.metrics();
    this.display = parts.display();
    this.loop = new WorkerLoop(setup, worker, consumer, sender, parts);
    this.end = new WorkerEnd(transactionalId, serdes, consumer, sender, parts);
  }

  // ------------------------------------------------------------------ for other threads

  /** Asks the worker to commit and leave; it does so within the shutdown timeout. */
  public void stop() {
    // Not by wakeup: it would interrupt any call of the consumer under way, even the last commit.
    life.stop();
  }

  /** Keeps a source from reading on (backpressure, a pause), or lets it go on. */
  public void hold(Hold wanted) {
    intake.hold(wanted);
  }

  /** {@return the worker's counters} */
  public StageCounters metrics() {
    return metrics.snapshot();
  }

  /** {@return what the worker measures, for any thread to read} */
  public StageMetrics cells() {
    return metrics;
  }

  /**
   * {@return the figures of one of the worker's Kafka clients, which change all the time; both have
   * the client id {@link #transactionalId()}}
   */
  public Map<MetricName, ? extends Metric> clientMetrics(ClientMeasure.Client client) {
    return switch (client) {
      case CONSUMER -> consumer.metrics();
      case PRODUCER -> sender.metrics();
    };
  }

  /** {@return the worker's tasks} */
  public WorkerView view() {
    return display.view();
  }

  /** {@return for how long the present round of the loop has lasted; zero if there is none} */
  public Duration roundTime() {
    return display.roundTime();
  }

  /** {@return whether a task is here, whatever it is at} */
  public boolean has(int task) {
    return owned.tasks().contains(task);
  }

  /** {@return the numbers of the tasks that are here, whatever they are at} */
  public Set<Integer> tasks() {
    return owned.tasks();
  }

  /**
   * {@return whether the worker has had its first assignment, even of no task at all, and opened
   * all of it}
   */
  public boolean isStarted() {
    return life.isStarted();
  }

  /**
   * Hands a question about the state of a task to the worker, which answers between two turns, or
   * refuses.
   */
  public void ask(Question<?> question) {
    inquiries.ask(question);
  }

  /** {@return the worker's identity as a producer and as a member of its group} */
  public String transactionalId() {
    return transactionalId;
  }

  // ------------------------------------------------------------------ all of it, in a thread

  /**
   * Works until it is stopped or fails.
   *
   * @param departure called when everything is committed and released, before the consumer is
   *     closed
   */
  public void run(Departure departure) {
    MillraceException failure = null;
    try {
      begin();
      while (!life.isToStop()) {
        turn();
      }
      display.closes();
      commitLast();
    } catch (StoppedException e) {
      LOGGER.atDebug().addKeyValue("worker", transactionalId).log("Stopped between two attempts");
    } catch (RuntimeException | Error e) {
      failure = explained(e);
    }
    closeAfter(failure, departure);
  }

  /**
   * Closes the worker; the failure that stopped it takes precedence over those of its cleaning up.
   */
  private void closeAfter(@Nullable MillraceException failure, Departure departure) {
    try {
      end.end(departure, failure);
    } catch (RuntimeException | Error e) {
      if (failure == null) {
        throw e;
      }
      failure.addSuppressed(e);
    }
    if (failure != null) {
      throw failure;
    }
  }

  // ------------------------------------------------------------------ step by step

  /**
   * The first step: makes the producer ready, for which it waits as a start does, and subscribes to
   * the stage's inputs; later turns do that, if the stage looks up tables that are not loaded yet.
   */
  public void begin() {
    try {
      startup.awaitDone("the coordinator of transactional id " + transactionalId, this::openSender);
    } catch (RuntimeException e) {
      throw explained(e);
    }
    loop.begin();
  }

  private void openSender() {
    if (life.isToStop()) {
      throw new StoppedException();
    }
    sender.open();
  }

  /** One round of the loop; returns whether there was anything to do in it. */
  public boolean turn() {
    try {
      return loop.turn();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  /**
   * Commits what there is to commit as if it were due, and waits for calls, but not for ever;
   * returns whether it did. Amid what a sender's transaction emitted it does not: then later turns
   * commit.
   */
  public boolean commitPending() {
    try {
      return transactions.commitPending();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  /**
   * Commits what there is to commit before the worker ends, unless it is in the middle of what a
   * sender's transaction emitted: then the next owner repeats the work since the last commit.
   */
  public void commitLast() {
    try {
      boolean ignored = transactions.commitLast();
    } catch (RuntimeException e) {
      throw explained(e);
    }
  }

  private MillraceException explained(Throwable failure) {
    return failures.explained(failure, assignment.numbers());
  }

  /** {@return whether tasks are being opened} */
  public boolean isOpening() {
    return assignment.isOpening();
  }

  /** {@return whether a commit waits for the rest of what a sender's transaction emitted} */
  public boolean awaitsRest() {
    return life.awaitsRest();
  }

  /** {@return the state held here, for the placement of tasks} */
  public Map<Integer, Long> heldTasks() {
    return openings.heldTasks();
  }

  /** The last step: releases everything as of the last commit, and leaves the group. */
  public void end(Departure departure) {
    end.end(departure, null);
  }

  /**
   * The last step of a worker whose process is to look as if it had been killed: releases what only
   * this process can hold, and sends nothing.
   */
  public void vanish() {
    end.vanish();
  }

  /**
   * Closes the clients of a worker whose first step was never made: it is in no group and has
   * nothing open.
   */
  public void discard() {
    end.discard();
  }
}
