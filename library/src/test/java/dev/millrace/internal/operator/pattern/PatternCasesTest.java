package dev.millrace.internal.operator.pattern;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.operator.pattern.PatternCases.Case;
import dev.millrace.internal.operator.pattern.PatternCases.Step;
import dev.millrace.pattern.Pattern;
import dev.millrace.pattern.Unfinished;
import dev.millrace.time.TimeDomain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of {@link PatternCases}, in each way that a task may run a pattern. */
final class PatternCasesTest {

  @TempDir Path directory;

  /** What happens to the task after each event and each watermark. */
  enum Mode {
    ONE_TRANSACTION,
    COMMIT,
    RESTART,
    /** As before, and partial matches are rows of their own, but for one. */
    RESTART_APART,
    /** The step is aborted once, and done again. */
    REPLAY,
    /** Each transaction has room for one event, or for one row of what is due. */
    NO_ROOM
  }

  record Run(Case of, Mode mode, boolean onDisk) {
    @Override
    public String toString() {
      return of + ", " + mode + (onDisk ? " on disk" : "");
    }
  }

  static Stream<Run> runs() {
    return PatternCases.ALL.stream()
        .flatMap(
            each ->
                Stream.of(Mode.values())
                    .flatMap(
                        mode ->
                            mode == Mode.RESTART && PatternCases.ALL.indexOf(each) % 9 == 0
                                ? Stream.of(new Run(each, mode, false), new Run(each, mode, true))
                                : Stream.of(new Run(each, mode, false))));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void findsWhatTheTableSays(Run run) {
    Pattern<String> pattern =
        new PatternText<String>(word -> word, word -> true).read(run.of().pattern());
    Script script;
    try (PatternHarness harness =
        new PatternHarness(
            pattern,
            PatternHarness.RULES,
            TimeDomain.EVENT,
            ErrorPolicy.fail(),
            run.onDisk() ? directory : null)) {
      harness.unfinished = PatternCasesTest::shown;
      if (run.mode() == Mode.RESTART_APART) {
        harness.bounds = new KeyRows.Bounds(1, 1, 1);
        harness.abort();
      }
      script = new Script(harness, run.mode());
      run.of().steps().forEach(script::run);
      script.run(new Step("", Long.MAX_VALUE));
      script.collect();
    }
    assertThat(script.found())
        .as("%s over %s", run.of().pattern(), run.of().events())
        .containsExactlyElementsOf(PatternCases.results(run.of().expected()));
  }

  @Test
  void thereAreManyCasesAndEachHasAName() {
    assertThat(PatternCases.ALL).hasSizeGreaterThanOrEqualTo(150);
    assertThat(PatternCases.ALL.stream().map(Case::name)).doesNotHaveDuplicates();
  }

  private static String shown(Unfinished<?> partial) {
    return partial.events().entrySet().stream()
        .flatMap(
            entry ->
                entry.getValue().stream()
                    .map(word -> PatternCases.shown(entry.getKey(), word.toString())))
        .collect(Collectors.joining(" ", "(", ")"));
  }

  /** A result without its time and kind. */
  private static String shown(String result) {
    String text = result.substring(0, result.lastIndexOf('@'));
    int space = text.indexOf(' ');
    String events = text.substring(space + 1);
    return text.startsWith("match ")
        ? Stream.of(events.split(" "))
            .map(event -> PatternCases.shown(stage(event), event.substring(event.indexOf('=') + 1)))
            .collect(Collectors.joining(" "))
        : events;
  }

  private static String stage(String event) {
    return event.substring(0, event.indexOf('='));
  }

  /** What happens to the task. */
  private static final class Script {
    private final PatternHarness harness;
    private final Mode mode;
    private final List<String> results = new ArrayList<>();
    private final List<String> late = new ArrayList<>();

    Script(PatternHarness harness, Mode mode) {
      this.harness = harness;
      this.mode = mode;
    }

    void run(Step step) {
      Runnable action =
          step.isWatermark()
              ? () -> watermark(step.timeMs())
              : () -> harness.record("key", step.timeMs(), step.word());
      if (mode == Mode.REPLAY) {
        action.run();
        harness.results.clear();
        harness.late.clear();
        harness.abort();
      }
      action.run();
      if (mode != Mode.ONE_TRANSACTION) {
        commit();
      }
    }

    private void watermark(long toMs) {
      if (mode != Mode.NO_ROOM) {
        assertThat(harness.watermark(toMs)).isTrue();
        return;
      }
      do {
        commit();
        harness.room.clear();
        harness.room.add(true);
        harness.room.add(true);
        harness.room.add(false);
      } while (!harness.watermark(toMs));
      harness.room.clear();
    }

    private void commit() {
      harness.commit();
      collect();
      if (mode == Mode.RESTART || mode == Mode.RESTART_APART) {
        harness.abort();
      }
    }

    void collect() {
      harness.results.forEach(result -> results.add(shown(result)));
      harness.results.clear();
      harness.late.stream()
          .filter(event -> !event.startsWith("counted"))
          .forEach(event -> late.add("late " + event.substring(0, event.indexOf('@'))));
      harness.late.clear();
    }

    /** Late events are last. */
    List<String> found() {
      return Stream.concat(results.stream(), late.stream()).toList();
    }
  }
}
