package dev.millrace;

import dev.millrace.aggregate.Aggregation;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.function.UpsertFunction;
import dev.millrace.internal.codec.KeyCodecs;
import dev.millrace.internal.plan.Fold;
import dev.millrace.internal.plan.FoldFunction;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.plan.TableStep;
import dev.millrace.internal.type.TypeInference;
import dev.millrace.internal.util.Arguments;
import java.io.Serializable;
import java.lang.reflect.Type;
import java.util.Optional;

/** The builder's checks of types, with the messages that show what to write instead. */
final class StepTypes {

  private StepTypes() {}

  /** {@return the type of a one-argument function's results, if the lambda shows it} */
  static Optional<Type> resultOf(Serializable function, Class<?> shape, Optional<Type> input) {
    return TypeInference.resultOf(function, shape, 1, input.orElse(null));
  }

  /** {@return the type of a node's values, needed because they are about to become bytes} */
  static Type require(PlanBuilder plan, int id) {
    LogicalNode node = plan.node(id);
    return node.type()
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type that '"
                        + node.label()
                        + "' of job '"
                        + plan.job()
                        + "' returns: "
                        + UnseenType.remedy(plan, node)));
  }

  static TypeInferenceException unknownKey(LogicalNode node, String verb) {
    return new TypeInferenceException(
        "Cannot infer the type of the key behind '"
            + node.label()
            + "': the lambda does not show it. Write "
            + verb
            + "(TheKey.class, ...), where the key is a"
            + " number, a text, or a record of such");
  }

  /** {@return the type of the rows that a function makes of a keyed stream's values} */
  static Type rowOf(PlanBuilder plan, int id, UpsertFunction<?, ?> row) {
    return resultOf(row, UpsertFunction.class, plan.node(id).type())
        .orElseThrow(
            () ->
                new TypeInferenceException(
                    "Cannot infer the type of the rows of a table of job '"
                        + plan.job()
                        + "': the lambda does not show it. Write keyBy(...).latest(TheRow.class,"
                        + " ...)"));
  }

  static void checkKey(LogicalNode node, Type keyType) {
    checkKey("the stream behind '" + node.label() + "'", keyType);
  }

  static void checkKey(String stream, Type keyType) {
    try {
      KeyCodecs.forType(keyType);
    } catch (TypeInferenceException e) {
      throw new TypeInferenceException("Cannot key " + stream + ": " + e.getMessage(), e);
    }
  }

  static void checkParallelism(int tasks) {
    if (tasks < 1 || tasks > 10_000) {
      throw new ConfigurationException(
          "Cannot set the parallelism: it must be 1 to 10000 (" + tasks + ")");
    }
  }

  static void checkFails(LogicalNode node) {
    if (node.operation() instanceof TableStep.Changes) {
      throw new ConfigurationException(
          "Cannot set the error policy of the changes of a table: to read them does not fail. Call"
              + " onError(...) on the table, before changes()");
    }
  }

  static void checkSpreads(LogicalNode node) {
    if (node.operation() instanceof TableStep) {
      throw new ConfigurationException(
          "Cannot set the parallelism of '"
              + node.label()
              + "' on a table: it runs in the tasks that have the table's rows. Set it on the keyBy"
              + " or groupBy that the table is made by, or on a step after changes()");
    }
    if (node.operation() instanceof TableLookup) {
      throw new ConfigurationException(
          "Cannot set the parallelism of '"
              + node.label()
              + "' on its results: a join runs where its keys meet. Write"
              + " .on(...).parallelism(...) before its kind");
    }
    if (node.operation() instanceof KeyedOperation.StreamJoin) {
      throw new ConfigurationException(
          "Cannot set the parallelism of '"
              + node.label()
              + "' on its results: a join runs where its keys meet. Write"
              + " .on(...).parallelism(...) before .within(...)");
    }
    if (node.operation() instanceof KeyedOperation) {
      throw new ConfigurationException(
          "Cannot set the parallelism of '"
              + node.label()
              + "' on its results: it runs where its keys lie. Write .keyBy(...).parallelism(...)"
              + " before it");
    }
  }

  /** {@return the type of the keys that a keyBy makes} */
  static Type keyOf(PlanBuilder plan, int id) {
    return ((Operation.KeyBy) plan.node(id).operation()).keyType();
  }

  static Fold fold(Aggregation<?, ?, ?> aggregation) {
    Arguments.given("Cannot aggregate", "aggregation", aggregation);
    return new Fold(
        FoldFunction.of(aggregation),
        aggregation.accumulatorType().type(),
        aggregation.resultType().type(),
        true);
  }
}
