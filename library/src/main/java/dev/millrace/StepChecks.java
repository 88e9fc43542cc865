package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.codec.key.KeyCodecs;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.plan.TableStep;
import java.lang.reflect.Type;

/**
 * The checks of what a program asks of a step, with the messages that show what to write instead.
 */
final class StepChecks {

  private StepChecks() {}

  static void checkKey(LogicalNode node, Type keyType) {
    checkKey("the stream after '" + node.label() + "'", keyType);
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
}
