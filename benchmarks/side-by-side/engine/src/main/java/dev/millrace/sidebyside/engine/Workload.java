package dev.millrace.sidebyside.engine;

import java.util.stream.Stream;

/**
 * What is computed: the same for every engine, defined by its two kinds and nowhere else.
 *
 * <p>Processing is exactly-once from input to output: what readers with {@code
 * isolation.level=read_committed} see has each record accounted for once, whatever dies.
 */
public sealed interface Workload permits WordJob, Query {

  /** {@return its name, as on a command line} */
  String name();

  /** {@return the workload of a name} */
  static Workload named(String name) {
    return Stream.<Workload>concat(Stream.of(WordJob.values()), Stream.of(Query.values()))
        .filter(workload -> workload.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Cannot find the workload: there is none of that name (workload="
                        + name
                        + "). Choose one of WordJob or Query."));
  }
}
