package dev.millrace;

import dev.millrace.function.JoinFunction;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.internal.util.Arguments;
import java.lang.reflect.Type;
import java.util.Optional;

/** The types of the results of joins of a stream with a table. */
final class LookupTypes {

  private LookupTypes() {}

  /** {@return the type of a function's results, if it shows it} */
  static Optional<Type> resultOf(
      PlanBuilder plan, int stream, Table<?, ?> table, JoinFunction<?, ?, ?> function) {
    Arguments.given("Cannot join", "function", function);
    Type streamType = StepTypes.require(plan, stream);
    return TypeInference.resultOf(function, JoinFunction.class, 2, streamType, table.rowType());
  }

  static Optional<Type> stated(Class<?> type) {
    return Optional.of(Arguments.given("Cannot join", "type", type));
  }
}
