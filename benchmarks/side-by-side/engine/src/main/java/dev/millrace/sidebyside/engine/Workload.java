package dev.millrace.sidebyside.engine;

import java.util.List;
import java.util.stream.Stream;

/**
 * A computation, the same for every engine, defined by its kinds and nowhere else.
 *
 * <p>Processing is exactly-once from input to output: what readers with {@code
 * isolation.level=read_committed} see has each record accounted for once, whatever dies.
 */
public sealed interface Workload permits WordJob, Query, PatternJob {

  /** {@return its name, as on a command line} */
  String name();

  /** {@return the workload of a name} */
  static Workload named(String name) {
    return Stream.<List<? extends Workload>>of(
            List.of(WordJob.values()), List.of(Query.values()), List.of(PatternJob.values()))
        .flatMap(List::stream)
        .filter(workload -> workload.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot find the workload: there is none of that name (workload="
                        + name
                        + "). Choose one of WordJob, Query or PatternJob."));
  }
}
