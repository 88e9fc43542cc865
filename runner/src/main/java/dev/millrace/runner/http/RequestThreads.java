package dev.millrace.runner.http;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of the server, of which slow clients can take none from others.
 *
 * <p>The JDK's server reads a request, and writes its answer, on the thread that it is given, and
 * waits there for as long as the client takes. There are few threads; while all are taken and other
 * requests wait for one, clients that have kept a thread waiting for longer than a moment lose
 * their connections, the slowest first. A thread that works on an answer is left alone: pages limit
 * by themselves how long they take.
 *
 * <p>The connection is closed by an interrupt, which is what ends a read or a write of a channel.
 *
 * <p><b>Threads.</b> Safe for any thread; {@link #enter} is for those of the pool.
 */
final class RequestThreads implements Executor, AutoCloseable {

  /** The phases of a request, by what its thread does. */
  enum Phase {
    /** Waits for the request's bytes. */
    READING,
    /** Works on the answer. */
    WORKING,
    /** Waits until the client takes the answer. */
    WRITING,
    /** Is to give up. */
    EVICTED,
    /** Is done with it. */
    DONE
  }

  private static final long LOOK_MS = 25;

  private final long patienceNanos;
  private final ThreadPoolExecutor pool;
  private final ScheduledExecutorService watch;
  private final AtomicBoolean watching = new AtomicBoolean();

  /** The requests that have a thread, by it, the oldest first. */
  private final Map<Thread, Turn> turns = new LinkedHashMap<>();

  /**
   * Creates a pool without threads.
   *
   * @param most threads
   * @param waiting requests that may wait for one; more are refused
   * @param patience how long a client may keep a thread while others wait for one
   */
  RequestThreads(int most, int waiting, Duration patience) {
    patienceNanos = patience.toNanos();
    AtomicInteger number = new AtomicInteger();
    pool =
        new ThreadPoolExecutor(
            most,
            most,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(waiting),
            task -> daemon(task, "http-" + number.incrementAndGet()));
    pool.allowCoreThreadTimeOut(true);
    watch = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "http-watch"));
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void execute(Runnable request) {
    pool.execute(() -> serve(request));
    watchQueue();
  }

  /** Looks again and again as long as requests wait, and not at all while none does. */
  private void watchQueue() {
    if (!pool.getQueue().isEmpty() && watching.compareAndSet(false, true)) {
      watch.schedule(this::look, LOOK_MS, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    watching.set(false);
    evict(pool.getQueue().size());
    watchQueue();
  }

  private void evict(int most) {
    long now = System.nanoTime();
    synchronized (turns) {
      int evicted = 0;
      for (Turn turn : turns.values()) {
        if (evicted < most && turn.evict(now - patienceNanos)) {
          evicted++;
        }
      }
    }
  }

  private void serve(Runnable request) {
    Turn turn = new Turn(Thread.currentThread());
    synchronized (turns) {
      turns.put(turn.thread, turn);
    }
    try {
      request.run();
    } finally {
      synchronized (turns) {
        turns.remove(turn.thread);
      }
      turn.end();
    }
  }

  /**
   * Sets what the present thread does from now on for its request.
   *
   * @throws IOException if the request is dropped for others
   */
  void enter(Phase phase) throws IOException {
    Turn turn;
    synchronized (turns) {
      turn = turns.get(Thread.currentThread());
    }
    if (turn != null && !turn.enter(phase)) {
      throw new IOException("The request was given up for others");
    }
  }

  /** Lets nobody wait any more, and takes no more requests. */
  @Override
  public void close() {
    watch.shutdownNow();
    pool.shutdownNow();
  }

  /** A request that has a thread. */
  private static final class Turn {

    private final Thread thread;
    private Phase phase = Phase.READING;
    private long sinceNanos = System.nanoTime();

    Turn(Thread thread) {
      this.thread = thread;
    }

    synchronized boolean enter(Phase next) {
      if (phase == Phase.EVICTED) {
        return false;
      }
      phase = next;
      sinceNanos = System.nanoTime();
      return true;
    }

    /** Gives the request up, if its client has been waited for since before that time. */
    synchronized boolean evict(long beforeNanos) {
      boolean waits = phase == Phase.READING || phase == Phase.WRITING;
      if (!waits || sinceNanos - beforeNanos > 0) {
        return false;
      }
      phase = Phase.EVICTED;
      thread.interrupt();
      return true;
    }

    /** Leaves nothing of this request to the next one of the thread. */
    synchronized void end() {
      phase = Phase.DONE;
      boolean ignored = Thread.interrupted();
    }
  }
}
