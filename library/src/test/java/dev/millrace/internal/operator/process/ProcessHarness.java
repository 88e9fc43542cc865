package dev.millrace.internal.operator.process;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.handle.Declarations;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.TaskHarness;
import dev.millrace.internal.plan.SortedInput;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.output.OutputTag;
import dev.millrace.process.KeyedProcessFunction;
import dev.millrace.time.TimeDomain;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs a process function as a task does. */
final class ProcessHarness extends TaskHarness {

  private StageKeyedProcess plan;

  /** Creates a harness; in memory if there is no directory, which the task outlives. */
  ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      @Nullable Path directory,
      OutputTag<?>... tags) {
    this(functions, policy, domain, directory, Optional.empty(), tags);
  }

  /** Creates a harness of a function that reads several inputs. */
  ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      int inputs) {
    this(plan(functions, domain, Optional.empty(), inputs), policy, null);
  }

  /** Creates a harness of a function whose input is sorted. */
  ProcessHarness(
      Supplier<? extends KeyedProcessFunction<String, ?, ?>> functions,
      ErrorPolicy policy,
      TimeDomain domain,
      @Nullable Path directory,
      Optional<SortedInput> sorted,
      OutputTag<?>... tags) {
    this(plan(functions, domain, sorted, 1, tags), policy, directory);
  }

  private ProcessHarness(StageKeyedProcess plan, ErrorPolicy policy, @Nullable Path directory) {
    super(plan, policy, directory);
    this.plan = plan;
    clockMs = 1_000_000;
    begin();
  }

  private static StageKeyedProcess plan(
      Supplier<? extends KeyedProcessFunction<?, ?, ?>> functions,
      TimeDomain domain,
      Optional<SortedInput> sorted,
      int inputs,
      OutputTag<?>... tags) {
    List<HandleSpec> state =
        Declarations.of(functions.get()).specs().stream()
            .map(handle -> handle.inDomain(domain))
            .toList();
    return new StageKeyedProcess(
        functions, String.class, state, List.of(tags), inputs, domain == TimeDomain.EVENT, sorted);
  }

  @Override
  protected KeyedOperator open() {
    return ProcessOperator.of(plan, new ProcessContext());
  }

  /** Commits, and goes on with a version whose state expires by that time. */
  void changeTo(TimeDomain domain) {
    commit();
    plan =
        plan(
            plan.functions(),
            domain,
            plan.sorted(),
            plan.inputs(),
            plan.tags().toArray(OutputTag<?>[]::new));
    abort();
  }

  /** {@return how many rows there are in all stores} */
  int rows() {
    return suffixes().stream().mapToInt(this::rows).sum();
  }

  private static String of(int kind) {
    return kind == FrameFormat.RECORD ? "" : " of kind " + kind;
  }

  private final class ProcessContext extends Context {

    @Override
    public Output next() {
      return (value, timeMs, kind) -> results.add(value + "@" + timeMs + of(kind));
    }

    @Override
    public Output side(String tag) {
      return (value, timeMs, kind) -> results.add(tag + ":" + value + "@" + timeMs + of(kind));
    }
  }
}
