package dev.millrace.internal.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.connector.SinkWriter;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Collector;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import dev.millrace.output.SideOutputs;
import dev.millrace.testkit.IdleSinkWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kind of a value is that of whatever the operators make of it. */
final class StatelessOperatorsTest {

  private static final OutputTag<String> SIDE = OutputTag.of("side", String.class);

  private final List<String> emitted = new ArrayList<>();
  private final Output next =
      (value, timeMs, kind) -> emitted.add(value + "@" + timeMs + "#" + kind);
  private final Guard guard =
      new Guard("test", ErrorPolicy.fail().retries(1, Duration.ofMillis(1)), new NoFailures());

  /** How often the function at hand was called; the first attempt at each value fails. */
  private int calls;

  private void failFirst() {
    if (calls++ % 2 == 0) {
      throw new IllegalStateException("first attempt");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {FrameFormat.RECORD, FrameFormat.RETRACTION, FrameFormat.TOO_FAR_AHEAD})
  void whatAValueBecomesIsOfItsKind(int kind) {
    MapFunction<String, String> louder = value -> value + "!";
    FilterFunction<String> all = value -> true;
    FlatMapFunction<String, String> twice =
        (value, out) -> {
          out.emit(value);
          out.emit(value + value);
        };
    PeekFunction<String> peek = value -> {};
    SideOutputFilter<String> split =
        (value, out) -> {
          out.emit(SIDE, "side of " + value);
          return true;
        };
    Output both = Output.of(List.of(next, next));
    assertThat(emittedBy(StatelessOperators.map(louder, guard, next), kind))
        .containsExactly("a!@7#" + kind);
    assertThat(emittedBy(StatelessOperators.filter(all, guard, next), kind))
        .containsExactly("a@7#" + kind);
    assertThat(emittedBy(StatelessOperators.flatMap(twice, guard, both), kind))
        .containsExactly("a@7#" + kind, "a@7#" + kind, "aa@7#" + kind, "aa@7#" + kind);
    assertThat(emittedBy(StatelessOperators.peek(peek, guard, next), kind))
        .containsExactly("a@7#" + kind);
    assertThat(emittedBy(StatelessOperators.filter(split, Map.of(SIDE, next), guard, next), kind))
        .containsExactly("side of a@7#" + kind, "a@7#" + kind);
    assertThat(
            emittedBy(
                StatelessOperators.branch(
                    List.<FilterFunction<?>>of((FilterFunction<String>) value -> false, all),
                    guard,
                    List.of(Output.NONE, next)),
                kind))
        .containsExactly("a@7#" + kind);
  }

  @Test
  void whatAValueBecomesIsOfItsKindAfterAnotherAttempt() {
    MapFunction<String, String> louder =
        value -> {
          failFirst();
          return value + "!";
        };
    FilterFunction<String> all =
        value -> {
          failFirst();
          return true;
        };
    FlatMapFunction<String, String> once =
        (value, out) -> {
          failFirst();
          out.emit(value);
        };
    int kind = FrameFormat.RETRACTION;
    assertThat(emittedBy(StatelessOperators.map(louder, guard, next), kind))
        .containsExactly("a!@7#" + kind);
    assertThat(emittedBy(StatelessOperators.filter(all, guard, next), kind))
        .containsExactly("a@7#" + kind);
    assertThat(emittedBy(StatelessOperators.flatMap(once, guard, next), kind))
        .containsExactly("a@7#" + kind);
  }

  /** Appends to a text, and fails twice after that. */
  private void spoil(StringBuilder text) {
    text.append('x');
    if (calls++ % 3 < 2) {
      throw new IllegalStateException("attempt " + calls);
    }
  }

  @Test
  void aFurtherAttemptGetsAValueMadeAnewAndPassesThatOn() {
    Guard remaking =
        new Guard(
            "test",
            ErrorPolicy.fail().retries(2, Duration.ofMillis(1)),
            new NoFailures(),
            value -> new StringBuilder("a"));
    MapFunction<StringBuilder, StringBuilder> map =
        text -> {
          spoil(text);
          return text;
        };
    FilterFunction<StringBuilder> filter =
        text -> {
          spoil(text);
          return true;
        };
    FlatMapFunction<StringBuilder, StringBuilder> flatMap =
        (text, out) -> {
          spoil(text);
          out.emit(text);
        };
    PeekFunction<StringBuilder> peek = this::spoil;
    SideOutputFilter<StringBuilder> split =
        (text, out) -> {
          spoil(text);
          out.emit(SIDE, "side");
          return true;
        };
    for (Output operator :
        List.of(
            StatelessOperators.map(map, remaking, next),
            StatelessOperators.filter(filter, remaking, next),
            StatelessOperators.flatMap(flatMap, remaking, next),
            StatelessOperators.peek(peek, remaking, next),
            StatelessOperators.filter(split, Map.of(SIDE, Output.NONE), remaking, next),
            StatelessOperators.branch(
                List.<FilterFunction<?>>of(filter), remaking, List.of(next)))) {
      emitted.clear();
      operator.emit(new StringBuilder("a"), 7, FrameFormat.RECORD);
      assertThat(emitted).containsExactly("ax@7#0");
    }
  }

  @Test
  void aSinkRefusesARetraction() {
    List<Object> written = new ArrayList<>();
    SinkOutput sink = SinkOutput.open("file", () -> writer(written), guard, null);
    sink.emit("a", 1, FrameFormat.RECORD);
    sink.emit("b", 2, FrameFormat.TOO_FAR_AHEAD);
    assertThatThrownBy(() -> sink.emit("c", 3, FrameFormat.RETRACTION))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("file");
    assertThat(written).containsExactly("a", "b");
  }

  /** What it takes then would be the result of another value. */
  @Test
  void aCollectorThatIsKeptRefusesResultsWhenItsCallIsOver() {
    List<Collector<String>> kept = new ArrayList<>();
    FlatMapFunction<String, String> keeping =
        (value, out) -> {
          out.emit(value);
          kept.add(out);
        };
    Output operator = StatelessOperators.flatMap(keeping, guard, next);
    operator.emit("a", 7, FrameFormat.RECORD);
    assertThatThrownBy(() -> kept.get(0).emit("late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("flatMap")
        .hasMessageContaining("call is over");
    operator.emit("b", 7, FrameFormat.RECORD);
    assertThat(emitted).containsExactly("a@7#" + FrameFormat.RECORD, "b@7#" + FrameFormat.RECORD);
  }

  @Test
  void aCollectorIsClosedAlsoAfterACallThatFailed() {
    List<Collector<String>> kept = new ArrayList<>();
    FlatMapFunction<String, String> failing =
        (value, out) -> {
          kept.add(out);
          throw new IllegalArgumentException("no");
        };
    Guard skipping = new Guard("test", ErrorPolicy.skip(), new Skips());
    StatelessOperators.flatMap(failing, skipping, next).emit("a", 7, FrameFormat.RECORD);
    assertThatThrownBy(() -> kept.get(0).emit("late")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void sideOutputsThatAreKeptRefuseValuesWhenTheirCallIsOver() {
    List<SideOutputs> kept = new ArrayList<>();
    SideOutputFilter<String> keeping =
        (value, out) -> {
          out.emit(SIDE, value);
          return kept.add(out);
        };
    Output operator = StatelessOperators.filter(keeping, Map.of(SIDE, next), guard, Output.NONE);
    operator.emit("a", 7, FrameFormat.RECORD);
    assertThatThrownBy(() -> kept.get(0).emit(SIDE, "late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'side'")
        .hasMessageContaining("is over");
    operator.emit("b", 7, FrameFormat.RECORD);
    assertThat(emitted).containsExactly("a@7#" + FrameFormat.RECORD, "b@7#" + FrameFormat.RECORD);
  }

  /** What it wrote would be of another class than readers of the side output were promised. */
  @Test
  void aTagOfTheNameAndAnotherTypeIsRefused() {
    OutputTag<Long> other = OutputTag.of(SIDE.name(), Long.class);
    SideOutputFilter<String> confusing =
        (value, out) -> {
          out.emit(other, 1L);
          return true;
        };
    Output operator = StatelessOperators.filter(confusing, Map.of(SIDE, next), guard, next);
    assertThatThrownBy(() -> operator.emit("a", 7, FrameFormat.RECORD))
        .hasStackTraceContaining("one of another type (String, not Long)");
    assertThat(emitted).isEmpty();
  }

  /** Drops what fails. */
  private static final class Skips extends NoFailures {
    @Override
    public void giveUp(
        String operator, ErrorPolicy policy, @Nullable Object value, Exception cause) {
      assertThat(policy).isEqualTo(ErrorPolicy.skip());
    }
  }

  private List<String> emittedBy(Output operator, int kind) {
    emitted.clear();
    operator.emit("a", 7, kind);
    return emitted;
  }

  private static SinkWriter<Object> writer(List<Object> written) {
    return new IdleSinkWriter<>() {
      @Override
      public void write(Object value, long timeMs) {
        written.add(value);
      }
    };
  }
}
