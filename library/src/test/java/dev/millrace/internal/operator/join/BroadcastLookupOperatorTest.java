package dev.millrace.internal.operator.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ForeignKeyFunction;
import dev.millrace.function.JoinFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Guard;
import dev.millrace.internal.operator.NoFailures;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.plan.BroadcastLookup;
import dev.millrace.internal.plan.JoinKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a record is joined with, on every attempt, and of which kind and time the result is. */
final class BroadcastLookupOperatorTest {

  private final Map<Object, Object> rows = new HashMap<>(Map.of("a", "x"));
  private final List<String> emitted = new ArrayList<>();
  private final Output next =
      (value, timeMs, kind) -> emitted.add(value + "@" + timeMs + "#" + kind);
  private final Guard guard =
      new Guard("test", ErrorPolicy.fail().retries(1, Duration.ofMillis(1)), new NoFailures());

  private Output operator(JoinKind kind, JoinFunction<String, @Nullable String, String> function) {
    ForeignKeyFunction<String, String> key = value -> value.equals("-") ? null : value;
    return new BroadcastLookupOperator(
        "lookup", new BroadcastLookup(kind, key, function, 0), rows::get, guard, next);
  }

  @Test
  void aResultIsOfTheTimeAndKindOfItsRecord() {
    Output left = operator(JoinKind.LEFT, (value, row) -> value + row);
    left.emit("a", 7, FrameFormat.RECORD);
    left.emit("b", 8, FrameFormat.TOO_FAR_AHEAD);
    left.emit("-", 9, FrameFormat.RECORD);
    assertThat(emitted)
        .containsExactly("ax@7#0", "bnull@8#" + FrameFormat.TOO_FAR_AHEAD, "-null@9#0");
  }

  @Test
  void aRecordThatNeedsARowAndFindsNoneIsNoFailure() {
    Output inner = operator(JoinKind.INNER, (value, row) -> value + row);
    inner.emit("b", 7, FrameFormat.RECORD);
    inner.emit("-", 7, FrameFormat.RECORD);
    inner.emit("a", 7, FrameFormat.RECORD);
    assertThat(emitted).containsExactly("ax@7#0");
  }

  @Test
  void afterAFailureTheRowIsLookedUpAgain() {
    Output left =
        operator(
            JoinKind.LEFT,
            (value, row) -> {
              if ("x".equals(rows.put("a", "y"))) {
                throw new IllegalStateException("not now");
              }
              return value + row;
            });
    left.emit("a", 7, FrameFormat.RECORD);
    assertThat(emitted).containsExactly("ay@7#0");
  }

  @Test
  void aRetractionIsRefused() {
    Output left = operator(JoinKind.LEFT, (value, row) -> value + row);
    assertThatThrownBy(() -> left.emit("a", 7, FrameFormat.RETRACTION))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'lookup'");
    assertThat(emitted).isEmpty();
  }
}
