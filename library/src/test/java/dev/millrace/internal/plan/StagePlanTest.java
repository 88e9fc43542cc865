package dev.millrace.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.FileSink;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class StagePlanTest {

  private static final Target SHUFFLE = new Target.ToShuffle(0);

  private static final StageOperator MAP =
      new StatelessOperation.Map((MapFunction<String, String>) value -> value);
  private static final StageOperator SINK =
      new StageOperator.WriteOut(FileSink.jsonLines(Path.of("out")));

  @Test
  void retractionsAreTakenUpToShuffles() {
    StagePlan plan = plan(step(MAP, SHUFFLE), step(MAP, to(0)));
    assertThat(takes(plan, 1)).isTrue();
    assertThat(plan.takesRetractions(List.of(SHUFFLE))).isTrue();
  }

  @Test
  void oneTargetThatCannotTakeThemIsEnoughToRefuseThem() {
    StagePlan plan = plan(step(SINK), step(MAP, SHUFFLE), step(MAP, to(1), to(0)));
    assertThat(takes(plan, 0)).isFalse();
    assertThat(takes(plan, 1)).isTrue();
    assertThat(takes(plan, 2)).isFalse();
    assertThat(plan.takesRetractions(List.of(to(1), to(0)))).isFalse();
  }

  @Test
  void stepsThatDoMoreThanTransformValuesTakeNone() {
    PeekFunction<String> look = value -> {};
    AsyncFunction<String, String> call = CompletableFuture::completedFuture;
    StagePlan plan =
        plan(
            step(new StatelessOperation.Peek(look), SHUFFLE),
            step(new StatelessOperation.MapAsync(call, Async.inFlight(1)), SHUFFLE));
    assertThat(takes(plan, 0)).isFalse();
    assertThat(takes(plan, 1)).isFalse();
  }

  @Test
  void casesAndSideOutputsAreTargetsLikeOthers() {
    OutputTag<String> tag = OutputTag.of("side", String.class);
    SideOutputFilter<String> split = (value, out) -> true;
    FilterFunction<String> all = value -> true;
    Step branch =
        step(
            new StageOperator.Branch(List.of(all, all), List.of(List.of(SHUFFLE), List.of(to(0)))));
    Step splitting =
        new Step(
            "split",
            new StatelessOperation.FilterWithOutputs(split, List.of(tag)),
            List.of(SHUFFLE),
            Map.of("side", List.of(to(0))),
            ErrorPolicy.fail());
    StagePlan plan = plan(step(SINK), branch, splitting);
    assertThat(takes(plan, 1)).isFalse();
    assertThat(takes(plan, 2)).isFalse();
  }

  private static boolean takes(StagePlan plan, int step) {
    return plan.takesRetractions(List.of(to(step)));
  }

  private static Target to(int step) {
    return new Target.ToStep(step, 0);
  }

  private static Step step(StageOperator operator, Target... targets) {
    return new Step("step", operator, List.of(targets), Map.of(), ErrorPolicy.fail());
  }

  private static StagePlan plan(Step... steps) {
    return new StagePlan("stage", List.of(), List.of(steps), List.of(), false, OptionalInt.empty());
  }
}
