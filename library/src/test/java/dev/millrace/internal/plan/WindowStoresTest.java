package dev.millrace.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.window.EmissionKind;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.serde.TypeRef;
import dev.millrace.time.TimeDomain;
import dev.millrace.window.Windows;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a window says of its rows, which a new version of a job has to say as well. */
final class WindowStoresTest {

  private static final WindowKind MINUTES =
      WindowAccess.kind(Windows.sliding(Duration.ofMinutes(1), Duration.ofSeconds(1)));

  record Readings(long count, double sum) {}

  record Labelled(long count, String label) {}

  @Test
  void shortAccumulatorsOfSlicesShareRows() {
    assertThat(state(MINUTES, Long.class, WindowRules.FINAL))
        .isEqualTo("sliding(60000 ms by 1000 ms) by java.lang.String, rows of 15000 ms");
    assertThat(state(MINUTES, Readings.class, WindowRules.FINAL)).endsWith("rows of 15000 ms");
  }

  @Test
  void accumulatorsOfAnyLengthHaveARowForEachSlice() {
    assertThat(state(MINUTES, Labelled.class, WindowRules.FINAL)).endsWith("rows of 1000 ms");
    assertThat(state(MINUTES, new TypeRef<List<Long>>() {}.type(), WindowRules.FINAL))
        .endsWith("rows of 1000 ms");
  }

  @Test
  void otherWindowsHaveNoSuchRows() {
    WindowRules revised =
        new WindowRules(1_000, new EmissionKind.OnClose(), true, Optional.empty());
    assertThat(state(MINUTES, Long.class, revised)).doesNotContain("rows");
    assertThat(
            state(
                WindowAccess.kind(Windows.tumbling(Duration.ofMinutes(1))),
                Long.class,
                WindowRules.FINAL))
        .doesNotContain("rows");
    assertThat(
            state(
                WindowAccess.kind(Windows.session(Duration.ofMinutes(1))),
                Long.class,
                WindowRules.FINAL))
        .doesNotContain("rows");
  }

  private static String state(WindowKind window, Type accumulator, WindowRules rules) {
    FoldFunction function = FoldFunction.of(Aggregates.sum((Long value) -> value));
    return new StageWindowAggregate(
            new Fold(function, accumulator, Long.class, true),
            String.class,
            window,
            TimeDomain.EVENT,
            rules,
            Optional.empty())
        .describeState();
  }
}
