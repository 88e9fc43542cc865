package dev.millrace.internal.plan;

import dev.millrace.internal.spec.SerdeSpec;
import java.util.List;

/**
 * A job as the program wrote it: nodes in the order of their making, so that inputs come before
 * their readers.
 *
 * @param job the job's name
 * @param nodes the steps; a node's id is its index
 * @param serdes the serdes of types, at most one for each
 */
public record LogicalPlan(String job, List<LogicalNode> nodes, List<SerdeSpec> serdes) {

  /** Copies the lists. */
  public LogicalPlan {
    nodes = List.copyOf(nodes);
    serdes = List.copyOf(serdes);
  }

  /**
   * {@return the nodes that read the given one, in the order of their making; one that reads it
   * several times is there as often, since each of these is a way for records to go}
   */
  public List<LogicalNode> readersOf(LogicalNode node) {
    return nodes.stream()
        .flatMap(
            reader ->
                reader.inputs().stream().filter(input -> input == node.id()).map(input -> reader))
        .toList();
  }
}
