package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** Takes what a query needs from an event. */
@FunctionalInterface
public interface Selection<T> extends Serializable {

  /** {@return what the query needs, or null if that is nothing} */
  @Nullable T select(Event event);
}
