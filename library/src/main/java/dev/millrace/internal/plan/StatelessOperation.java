package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.function.Async;
import dev.millrace.function.AsyncFunction;
import dev.millrace.function.FilterFunction;
import dev.millrace.function.FlatMapFunction;
import dev.millrace.function.MapFunction;
import dev.millrace.function.PeekFunction;
import dev.millrace.output.OutputTag;
import dev.millrace.output.SideOutputFilter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A step without state that looks at one value at a time. The compiler has nothing to add to it, so
 * that it is in the plan of the job as it is in that of a stage.
 */
public sealed interface StatelessOperation extends Operation, StageOperator
    permits StatelessOperation.Map,
        StatelessOperation.Filter,
        StatelessOperation.FlatMap,
        StatelessOperation.MapAsync,
        StatelessOperation.Peek,
        StatelessOperation.FilterWithOutputs,
        TableStep {
  @Override
  boolean takesRetractions();

  /** A step that turns each value into another. */
  record Map(MapFunction<?, ?> function) implements StatelessOperation {
    @Override
    public String verb() {
      return "map";
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "map";
    }
  }

  /** A step that keeps some values. */
  record Filter(FilterFunction<?> predicate) implements StatelessOperation {
    @Override
    public String verb() {
      return "filter";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "filter";
    }
  }

  /** A step that turns each value into any number of others. */
  record FlatMap(FlatMapFunction<?, ?> function) implements StatelessOperation {
    @Override
    public String verb() {
      return "flat-map";
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "flatMap";
    }
  }

  /** A step that turns each value into another by a call that takes its time. */
  record MapAsync(AsyncFunction<?, ?> function, Async options) implements StatelessOperation {

    /** {@return the same, with the retries of a policy unless it has its own} */
    public MapAsync retrying(ErrorPolicy errors) {
      return options.retries() > 0
          ? this
          : new MapAsync(function, options.retries(errors.retries(), errors.backoff()));
    }

    @Override
    public String verb() {
      return "map-async";
    }

    @Override
    public boolean takesRetractions() {
      return false;
    }

    @Override
    public String describe() {
      return "mapAsync ("
          + options.maxInFlight()
          + " in flight, "
          + (options.order() == Async.Order.OF_INPUT ? "in order)" : "in any order)");
    }

    @Override
    public Optional<Duration> longestCall() {
      return Optional.of(options.longest());
    }
  }

  /** A step that looks at values. */
  record Peek(PeekFunction<?> action) implements StatelessOperation {
    @Override
    public String verb() {
      return "peek";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }

    @Override
    public boolean takesRetractions() {
      return false;
    }

    @Override
    public String describe() {
      return "peek";
    }
  }

  /** A step that keeps some values, and emits what else it wants to side outputs. */
  record FilterWithOutputs(SideOutputFilter<?> function, List<OutputTag<?>> sideOutputs)
      implements StatelessOperation {
    @Override
    public String verb() {
      return "filter";
    }

    @Override
    public boolean keepsValues() {
      return true;
    }

    @Override
    public boolean takesRetractions() {
      return true;
    }

    @Override
    public String describe() {
      return "split(" + sideOutputs.size() + ")";
    }
  }
}
