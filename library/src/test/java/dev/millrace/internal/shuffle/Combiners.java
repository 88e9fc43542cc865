package dev.millrace.internal.shuffle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.aggregate.Aggregates;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.ReduceFunction;
import dev.millrace.internal.fold.Fold;
import dev.millrace.internal.fold.FoldFunction;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.operator.Caution;
import dev.millrace.internal.operator.Folding;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.util.Hashing;
import dev.millrace.internal.window.WindowAccess;
import dev.millrace.window.Windows;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Combiners for tests, with what goes in and what comes out. */
final class Combiners {

  /** More memory than any test needs. */
  static final long PLENTY = 1 << 30;

  private Combiners() {}

  /** {@return the plan of a sum per key and tumbling window; 0 for one without windows} */
  static CombinerPlan sums(long sliceMs) {
    FoldFunction sum = FoldFunction.of(Aggregates.sum((Long value) -> value));
    return new CombinerPlan(
        "sum",
        new Fold(sum, Long.class, Long.class, true),
        sliceMs == 0
            ? Optional.empty()
            : Optional.of(WindowAccess.kind(Windows.tumbling(Duration.ofMillis(sliceMs)))),
        ErrorPolicy.fail(),
        true);
  }

  /** {@return the plan of the largest number per key and tumbling window} */
  static CombinerPlan largest(long sliceMs) {
    ReduceFunction<Long> larger = Math::max;
    return new CombinerPlan(
        "max",
        new Fold(FoldFunction.of(larger), Long.class, Long.class, true),
        Optional.of(WindowAccess.kind(Windows.tumbling(Duration.ofMillis(sliceMs)))),
        ErrorPolicy.fail(),
        true);
  }

  /** {@return the plan of an aggregate that can take records back} */
  static CombinerPlan retractable(FoldFunction fold, boolean longs) {
    return new CombinerPlan(
        "retractable",
        new Fold(fold, longs ? Long.class : Map.class, Object.class, true),
        Optional.empty(),
        ErrorPolicy.fail(),
        true);
  }

  static Combiner combiner(CombinerPlan plan, long maxBytes) {
    Folding folding =
        Folding.ofSharedRecords(
            plan.fold(), UnaryOperator.identity(), plan.errors(), new Caution());
    return new Combiner(plan, folding, maxBytes);
  }

  static void add(Combiner combiner, String key, long time, long value) throws Exception {
    add(combiner, key, time, FrameFormat.RECORD, value);
  }

  static void add(Combiner combiner, String key, long time, int kind, Object value)
      throws Exception {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    combiner.add(bytes, bytes.length, Hashing.murmur2(bytes, 0, bytes.length), time, kind, value);
  }

  /** {@return the sums by key and number of the slice, all of them different} */
  static Map<String, Long> drain(Combiner combiner, long sliceMs) {
    Map<String, Long> drained = new HashMap<>();
    combiner.drain(
        (keys, offset, length, hash, time, span, weight, partial) -> {
          String key = new String(keys, offset, length, StandardCharsets.UTF_8);
          long slice = sliceMs == 0 ? 0 : Math.floorDiv(time, sliceMs);
          assertThat(drained.put(key + "@" + slice, (Long) partial)).isNull();
        });
    return drained;
  }
}
