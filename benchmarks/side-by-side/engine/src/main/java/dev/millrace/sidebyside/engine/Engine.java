package dev.millrace.sidebyside.engine;

import java.util.Map;

/**
 * A stream processor, in a JVM of its own that nothing else runs in.
 *
 * <p><b>Contract.</b> One class per engine, which a reader can check: it chooses its settings and
 * builds the jobs of all {@link WordJob}s the way the engine's own documentation would; another one
 * builds those of a {@link Query}. It reads the whole input from its beginning and goes on until it
 * is closed.
 *
 * <p><b>Threads.</b> One thread calls {@link #start} once, then {@link #close} once.
 *
 * <p><b>Errors.</b> {@link #start} throws; what fails later ends the JVM, with the reason on
 * standard error.
 */
public interface Engine extends AutoCloseable {

  /** {@return the name and version of what runs, with those of libraries that matter} */
  String version();

  /** {@return the settings of a task in which it differs from the engine's defaults} */
  Map<String, String> settings(EngineTask task);

  /** Starts the job and returns; the job goes on. */
  void start(EngineTask task) throws Exception;

  /** Stops the job in good order. */
  @Override
  void close();
}
