package dev.millrace.internal.plan;

import java.util.List;

/**
 * A job as the program wrote it: nodes in the order of their making, so that inputs come before
 * their readers.
 *
 * @param job the job's name
 * @param nodes the steps; a node's id is its index
 */
public record LogicalPlan(String job, List<LogicalNode> nodes) {

  /** Copies the list. */
  public LogicalPlan {
    nodes = List.copyOf(nodes);
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
