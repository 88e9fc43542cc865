package dev.millrace.internal.pattern;

import java.util.List;
import java.util.stream.Collectors;

/** What a matcher has found, as text that can be compared. */
final class Found {

  private Found() {}

  static String match(Path path) {
    return "match " + describe(path);
  }

  static String partial(Path path, MatchResults.Reason reason) {
    return reason + " " + describe(path);
  }

  private static String describe(Path path) {
    List<String> stages = path.stages();
    return path.taken().stream()
        .map(taken -> stages.get(taken.stage()) + "=" + taken.value())
        .collect(Collectors.joining(" "));
  }
}
