package dev.millrace.internal.launch;

import dev.millrace.internal.broadcast.BroadcastReader;
import dev.millrace.internal.runtime.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of an instance: one for each worker, one that reads the tables which it has whole,
 * and the care thread, which looks after the others and ends them in this order:
 *
 * <pre>
 *  1  each worker makes its last commit, and waits for the others
 *  2  their members are removed from the groups, and they close
 *  3  the reader of tables stops: until then workers look up
 *  4  the instance closes what is left
 * </pre>
 *
 * <p>Each step is waited for no longer than a stop may take. A worker may need longer, as when the
 * coordinator that it tells of its leaving is away. Then the instance ends without it, and what it
 * may still use is closed when it has ended: native code does not survive a call to a closed store.
 *
 * <p><b>Threads.</b> Started once, by one thread; after that it is used by those that it made.
 */
final class InstanceThreads {

  private static final Logger LOGGER = LoggerFactory.getLogger(InstanceThreads.class);
  private static final Duration CARE_INTERVAL = Duration.ofMillis(200);
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final Instance instance;
  private final String job;
  private final long shutdownTimeoutMs;
  private final Duration patience;
  private final List<Thread> workers = new ArrayList<>();
  private @Nullable Thread reader;
  private final CountDownLatch readyToLeave;
  private final CountDownLatch departed = new CountDownLatch(1);

  /** Makes the threads of the workers, and starts none. */
  InstanceThreads(Instance instance, String job, Duration shutdownTimeout) {
    this(instance, job, shutdownTimeout, shutdownTimeout.plus(CLOSING));
  }

  /**
   * Makes the threads of the workers, and starts none.
   *
   * @param patience how long the instance waits for its workers after they have left
   */
  InstanceThreads(Instance instance, String job, Duration shutdownTimeout, Duration patience) {
    this.instance = instance;
    this.job = job;
    this.shutdownTimeoutMs = shutdownTimeout.toMillis();
    this.patience = patience;
    instance
        .workers()
        .forEach(
            (stage, list) -> {
              for (int i = 0; i < list.size(); i++) {
                Worker worker = list.get(i);
                workers.add(new Thread(() -> runWorker(worker), job + "-" + stage + "-" + i));
              }
            });
    this.readyToLeave = new CountDownLatch(workers.size());
  }

  /** Starts all of them. */
  void start() {
    BroadcastReader tables = instance.tables();
    if (!tables.isIdle()) {
      reader = new Thread(() -> readTables(tables), job + "-tables");
      reader.start();
    }
    workers.forEach(Thread::start);
    new Thread(this::care, job + "-care").start();
  }

  private void readTables(BroadcastReader tables) {
    try {
      tables.run();
    } catch (Throwable e) {
      // Look-ups in rows that do not follow their topic would be wrong without anybody noticing.
      instance.fail(e);
    }
  }

  private void runWorker(Worker worker) {
    try {
      worker.run(this::awaitDeparture);
    } catch (Throwable e) {
      // Errors included: a thread that ends without a report would leave a stage standing still.
      instance.fail(e);
    }
  }

  /** Makes workers wait for each other, so that none is in its group while another closes. */
  private void awaitDeparture(@Nullable Throwable failed) {
    if (failed != null) {
      // Now, not when this worker has ended: the others work on until they know of the failure.
      instance.fail(failed);
    }
    readyToLeave.countDown();
    try {
      boolean ignored = departed.await(shutdownTimeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs on the care thread, until no worker is left. */
  private void care() {
    try {
      boolean finished = false;
      while (!finished && !instance.awaitStopRequest(CARE_INTERVAL)) {
        instance.keepHouse();
        finished = instance.isFinished();
      }
      stop();
      end(finished);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopAfter(e);
    } catch (RuntimeException | Error e) {
      stopAfter(e);
    }
  }

  private void stopAfter(Throwable failure) {
    instance.fail(failure);
    stop();
    end(false);
  }

  private void stop() {
    instance.stopWorkers();
    try {
      if (!readyToLeave.await(shutdownTimeoutMs, TimeUnit.MILLISECONDS)) {
        LOGGER.atWarn().addKeyValue("job", job).log("A worker takes long for its last commit");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    instance.leaveGroups();
    departed.countDown();
    join(workers);
    instance.tables().stop();
    Thread last = reader;
    if (last != null) {
      join(List.of(last));
    }
  }

  /** Waits for the end of all of these threads, but not for ever. */
  private void join(List<Thread> threads) {
    long deadline = instance.clock().nanos() + patience.toNanos();
    try {
      for (Thread thread : threads) {
        long leftNanos = deadline - instance.clock().nanos();
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos)));
        if (thread.isAlive()) {
          LOGGER.atWarn().addKeyValue("thread", thread.getName()).log("A thread does not stop");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(boolean finished) {
    if (workers.stream().noneMatch(Thread::isAlive)) {
      instance.end(finished);
      return;
    }
    LOGGER
        .atWarn()
        .addKeyValue("job", job)
        .log("The job ends before its workers do; their state stays open until they have ended");
    instance.endBeforeWorkers(finished);
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    instance.letGo();
    LOGGER.atInfo().addKeyValue("job", job).log("The last worker has ended; its state is closed");
  }
}
