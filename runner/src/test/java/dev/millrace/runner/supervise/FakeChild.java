package dev.millrace.runner.supervise;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;

/** A process that is none: it ends as it was made to, or when it is asked to stop. */
final class FakeChild implements Child {

  private static final IntConsumer NOTHING = look -> {};

  private final long pid;
  private final CompletableFuture<Integer> end = new CompletableFuture<>();
  private Optional<ChildReport.Started> identity = Optional.empty();
  private Optional<InetSocketAddress> serving = Optional.empty();
  private OptionalLong runningSince = OptionalLong.empty();
  private Runnable whileAlive = () -> {};
  private IntConsumer whenLookedAt = NOTHING;
  private int looks;
  boolean hangs;
  boolean killed;
  boolean stopped;
  final List<Past> begun = new ArrayList<>();

  FakeChild(long pid) {
    this.pid = pid;
  }

  FakeChild named(String instance) {
    identity = Optional.of(new ChildReport.Started("words", instance));
    return this;
  }

  FakeChild runningSince(long nanos) {
    runningSince = OptionalLong.of(nanos);
    return this;
  }

  FakeChild servingAt(int port) {
    serving = Optional.of(new InetSocketAddress("127.0.0.1", port));
    return this;
  }

  FakeChild endingWith(int code) {
    end.complete(code);
    return this;
  }

  /** What happens while it is alive, before its end is waited for. */
  FakeChild doing(Runnable deed) {
    whileAlive = deed;
    return this;
  }

  /** What happens each time that somebody waits for its end for a while, with the number of it. */
  FakeChild whenLookedAt(IntConsumer deed) {
    whenLookedAt = deed;
    return this;
  }

  @Override
  public void begin(Past past) {
    begun.add(past);
  }

  @Override
  public boolean isAlive() {
    return !end.isDone();
  }

  @Override
  public long pid() {
    return pid;
  }

  @Override
  public int awaitEnd() {
    whileAlive.run();
    return end.join();
  }

  @Override
  public boolean awaitEnd(Duration atMost) throws InterruptedException {
    if (hangs) {
      return false;
    }
    whenLookedAt.accept(++looks);
    if (whenLookedAt != NOTHING && !end.isDone()) {
      return false; // The time that is waited is the test's.
    }
    try {
      end.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  @Override
  public void stop() {
    stopped = true;
    if (!hangs) {
      end.complete(143);
    }
  }

  @Override
  public void kill() {
    killed = true;
    end.complete(137);
  }

  @Override
  public Optional<ChildReport.Started> identity() {
    return identity;
  }

  @Override
  public Optional<InetSocketAddress> serving() {
    return serving;
  }

  @Override
  public OptionalLong runningSinceNanos() {
    return runningSince;
  }

  @Override
  public List<String> lastLines() {
    return List.of("line of " + pid);
  }
}
