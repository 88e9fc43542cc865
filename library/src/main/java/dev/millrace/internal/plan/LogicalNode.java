package dev.millrace.internal.plan;

import dev.millrace.error.ErrorPolicy;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One step of a job as the program wrote it.
 *
 * @param id its place in {@link LogicalPlan#nodes()}
 * @param operation what it does
 * @param inputs the ids of the nodes it reads
 * @param type the type of what comes out, if it could be inferred
 * @param name the name given by the program
 * @param parallelism the number of tasks asked for
 * @param errors the error policy, if it differs from the job's
 */
public record LogicalNode(
    int id,
    Operation operation,
    List<Integer> inputs,
    Optional<Type> type,
    Optional<String> name,
    OptionalInt parallelism,
    Optional<ErrorPolicy> errors) {

  /** Copies the list. */
  public LogicalNode {
    inputs = List.copyOf(inputs);
  }

  /** {@return a node without name, parallelism and policy of its own} */
  public static LogicalNode of(
      int id, Operation operation, List<Integer> inputs, Optional<Type> type) {
    return new LogicalNode(
        id, operation, inputs, type, Optional.empty(), OptionalInt.empty(), Optional.empty());
  }

  /** {@return the same node with a name} */
  public LogicalNode named(String newName) {
    return new LogicalNode(id, operation, inputs, type, Optional.of(newName), parallelism, errors);
  }

  /** {@return the same node with a type} */
  public LogicalNode typed(Type newType) {
    return new LogicalNode(id, operation, inputs, Optional.of(newType), name, parallelism, errors);
  }

  /** {@return the same node with a number of tasks} */
  public LogicalNode parallel(int tasks) {
    return new LogicalNode(id, operation, inputs, type, name, OptionalInt.of(tasks), errors);
  }

  /** {@return the same node with an error policy} */
  public LogicalNode guarded(ErrorPolicy policy) {
    return new LogicalNode(id, operation, inputs, type, name, parallelism, Optional.of(policy));
  }

  /** {@return the same node doing something else} */
  public LogicalNode doing(Operation newOperation) {
    return new LogicalNode(id, newOperation, inputs, type, name, parallelism, errors);
  }

  /** {@return the name for messages: the given one, else the verb} */
  public String label() {
    return name.orElse(operation.verb());
  }
}
