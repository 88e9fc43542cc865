package dev.millrace.devbroker;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.utils.Exit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fault that a cluster in somebody else's JVM cannot outlive.
 *
 * <p>Kafka's server ends its process on such a fault (a log directory that is gone, metadata that
 * cannot be applied), since a process of Kafka is nothing but a broker. A JVM with an embedded one
 * is more: there the thread with the fault ends by an exception, and the cluster learns of it here.
 *
 * <p>Kafka asks a static procedure to end the process, which does not learn by which of several
 * clusters. So threads of a cluster carry its object, and hand it on to the threads that they
 * start. Threads without one are no broker's: the process ends for them, as without us.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class FatalFaults {

  private static final Logger LOGGER = LoggerFactory.getLogger(FatalFaults.class);

  private static final InheritableThreadLocal<@Nullable FatalFaults> OF_THREAD =
      new InheritableThreadLocal<>();

  static {
    Exit.setHaltProcedure(
        (status, message) -> {
          keepTheProcess(status, message);
          Runtime.getRuntime().halt(status);
        });
    Exit.setExitProcedure(
        (status, message) -> {
          keepTheProcess(status, message);
          System.exit(status);
        });
  }

  private final String cluster;
  private final CompletableFuture<Void> first = new CompletableFuture<>();

  /**
   * @param cluster the addresses, for people
   */
  FatalFaults(String cluster) {
    this.cluster = cluster;
  }

  /** {@return the task as one of the cluster's: faults in its threads are reported here} */
  Runnable watch(Runnable task) {
    return () -> {
      FatalFaults before = OF_THREAD.get();
      OF_THREAD.set(this);
      try {
        task.run();
      } finally {
        OF_THREAD.set(before);
      }
    };
  }

  /**
   * {@return completes by a {@link DevBrokerException} with the first fault, and never otherwise}
   */
  CompletableFuture<Void> first() {
    return first;
  }

  /** {@return the first fault, if there was one} */
  Optional<DevBrokerException> found() {
    return Optional.ofNullable(
        first.handle((none, fault) -> (DevBrokerException) fault).getNow(null));
  }

  /** Does not return in a thread of a cluster. */
  private static void keepTheProcess(int status, @Nullable String message) {
    FatalFaults cluster = OF_THREAD.get();
    if (cluster != null) {
      throw cluster.report(status, message);
    }
  }

  private DevBrokerException report(int status, @Nullable String message) {
    // The stack trace is that of the fault.
    DevBrokerException fault =
        new DevBrokerException(
            "Cannot go on: a node has met a fault that ends a broker (addresses="
                + cluster
                + ", thread="
                + Thread.currentThread().getName()
                + ", exit status="
                + status
                + (message == null ? "" : ", message=" + message)
                + "). The broker's log has the reason.");
    LOGGER.atError().setCause(fault).log("The embedded broker stops after a fatal fault");
    first.completeExceptionally(fault);
    return fault;
  }
}
