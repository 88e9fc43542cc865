package dev.millrace.connector;

/**
 * The facts that a sink's writer may know about the task it belongs to.
 *
 * <p><b>Threads.</b> Confined to the task's worker.
 */
public interface SinkContext {

  /** {@return the job's name} */
  String job();

  /**
   * {@return an id that distinguishes this job from others of the same name: in other clusters, or
   * in an earlier life of the job}
   */
  String jobId();

  /** {@return the stage's name} */
  String stage();

  /** {@return the name of the sink operator} */
  String sink();

  /** {@return the task: the input partition it serves} */
  int task();

  /**
   * {@return a number that grows with every owner of the task; to be part of every name that a
   * former owner must not share}
   */
  long ownerEpoch();

  /** {@return how often the job was reset} */
  int resetEpoch();

  /**
   * {@return what {@link SinkWriter#prepare} returned in the last committed transaction; empty at
   * first}
   */
  byte[] committedState();

  /** {@return the clock's reading, milliseconds since the epoch} */
  long clockMs();

  /** {@return the value as JSON in UTF-8, as Millrace's own sinks write it} */
  byte[] toJson(Object value);
}
