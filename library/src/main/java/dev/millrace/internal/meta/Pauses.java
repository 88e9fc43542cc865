package dev.millrace.internal.meta;

import java.util.Set;
import java.util.TreeSet;

/**
 * The pauses that somebody has ordered of a job.
 *
 * <p><b>Threads.</b> Immutable.
 *
 * @param ofJob whether the job as a whole is paused
 * @param ofSources the sources that are paused each by itself
 */
public record Pauses(boolean ofJob, Set<String> ofSources) {

  /** No pause. */
  public static final Pauses NONE = new Pauses(false, Set.of());

  public Pauses {
    ofSources = new TreeSet<>(ofSources);
  }

  /** {@return whether a source is not to be read} */
  public boolean cover(String source) {
    return ofJob || ofSources.contains(source);
  }
}
