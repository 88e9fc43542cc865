package dev.millrace.aggregate;

import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.type.Types;
import dev.millrace.serde.TypeRef;

/** The types that the class of an aggregation names where it implements {@link Aggregation}. */
final class TypeArguments {

  static final int ACCUMULATOR = 1;
  static final int RESULT = 2;

  private TypeArguments() {}

  @SuppressWarnings("TypeParameterUnusedInFormals") // the class names it
  static <X> TypeRef<X> of(Aggregation<?, ?, ?> aggregation, int index) {
    Class<?> type = aggregation.getClass();
    return Types.argumentOf(type, Aggregation.class, index)
        .map(TypeRef::<X>ofType)
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot read the types of aggregation "
                        + type.getName()
                        + ": the class does not name its "
                        + (index == ACCUMULATOR ? "accumulator" : "result")
                        + " type. Override "
                        + (index == ACCUMULATOR ? "accumulatorType()" : "resultType()")
                        + ", or make it a class that implements Aggregation<TheRecord,"
                        + " TheAccumulator, TheResult>"));
  }
}
