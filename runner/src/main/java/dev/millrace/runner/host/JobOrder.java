package dev.millrace.runner.host;

import dev.millrace.JobAdmin;
import java.util.Optional;

/** The orders to a job, each of which holds until the next one takes it back. */
public enum JobOrder {
  /** Read no source, or not a certain one. */
  PAUSE,
  /** The end of a pause. */
  RESUME,
  /** Do not run: all instances end their work. */
  STOP,
  /** The end of a stop. */
  START;

  /** Gives this order to a job, or to one source of it. */
  void give(JobAdmin admin, String job, Optional<String> source) {
    switch (this) {
      case PAUSE -> source.ifPresentOrElse(name -> admin.pause(job, name), () -> admin.pause(job));
      case RESUME ->
          source.ifPresentOrElse(name -> admin.resume(job, name), () -> admin.resume(job));
      case STOP -> admin.stop(job);
      case START -> admin.start(job);
    }
  }
}
