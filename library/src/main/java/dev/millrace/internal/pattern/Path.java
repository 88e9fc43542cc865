package dev.millrace.internal.pattern;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The events that a match has taken, or a partial match so far, in their order.
 *
 * <p>What conditions get is read only if they ask for it.
 *
 * <p><b>Threads.</b> Confined to the task's worker until it has been read.
 */
public final class Path {

  /**
   * An event that was taken.
   *
   * @param stage the number of the stage that has taken it
   * @param event the number of the event among those of its key
   */
  public record Taken(int stage, long event, long timeMs, Object value) {

    /** {@return whether another is the same event at the same stage} */
    boolean isSame(Taken other) {
      return stage == other.stage && event == other.event;
    }
  }

  private final List<String> stages;
  private final Supplier<List<Taken>> source;
  private @Nullable List<Taken> taken;

  /**
   * Creates a path.
   *
   * @param stages the names of the stages of the pattern
   * @param source reads it, at most once
   */
  public Path(List<String> stages, Supplier<List<Taken>> source) {
    this.stages = stages;
    this.source = source;
  }

  /** {@return the path before the first event} */
  static Path none(List<String> stages) {
    return new Path(stages, List::of);
  }

  /** {@return the names of the stages of the pattern} */
  public List<String> stages() {
    return stages;
  }

  /** {@return what was taken; empty before the first event} */
  public List<Taken> taken() {
    List<Taken> known = taken;
    if (known == null) {
      known = source.get();
      taken = known;
    }
    return known;
  }

  /** {@return whether another has the same events at the same stages} */
  boolean isSame(Path other) {
    List<Taken> own = taken();
    List<Taken> others = other.taken();
    if (own.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < own.size(); i++) {
      if (!own.get(i).isSame(others.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * {@return the order of paths that are complete with the same event: that with more events first,
   * then that with the earlier ones, then that at the earlier stages}
   */
  static int compare(Path one, Path other) {
    List<Taken> left = one.taken();
    List<Taken> right = other.taken();
    if (left.size() != right.size()) {
      return right.size() - left.size();
    }
    for (int i = 0; i < left.size(); i++) {
      int byEvent = Long.compare(left.get(i).event(), right.get(i).event());
      if (byEvent != 0) {
        return byEvent;
      }
    }
    for (int i = 0; i < left.size(); i++) {
      int byStage = Integer.compare(left.get(i).stage(), right.get(i).stage());
      if (byStage != 0) {
        return byStage;
      }
    }
    return 0;
  }
}
