package dev.millrace.runner.supervise;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The start of an instance's JVM.
 *
 * @param command the command line of one that begins at once
 * @param log where its classes are written down, for the next one; empty if there are no spares
 * @param err where its stderr goes
 */
record JvmLauncher(
    List<String> command, Optional<ClassLog> log, PrintStream err, SupervisorClock clock)
    implements Child.Launcher {

  @Override
  public Child launch() {
    return ChildJvm.launch(command, err, clock);
  }

  @Override
  public Child launchSpare(Child present) {
    Path classes =
        log.orElseThrow(() -> new IllegalStateException("There is no log of classes"))
            .only(present.pid());
    return ChildJvm.launch(ChildCommand.asSpare(command, classes), err, clock);
  }
}
