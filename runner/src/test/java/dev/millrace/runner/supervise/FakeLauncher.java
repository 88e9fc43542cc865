package dev.millrace.runner.supervise;

import java.util.Queue;
import java.util.function.Supplier;

/** The start of processes that are none. */
record FakeLauncher(Queue<Supplier<FakeChild>> children, Queue<Supplier<FakeChild>> spares)
    implements Child.Launcher {

  @Override
  public Child launch() {
    return children.remove().get();
  }

  @Override
  public Child launchSpare(Child present) {
    return spares.remove().get();
  }
}
