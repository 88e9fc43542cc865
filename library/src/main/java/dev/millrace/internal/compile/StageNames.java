package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Gives stages and steps names that survive edits elsewhere in the job: the given name, else one
 * derived from the verb and from what the step reads. Never a running number.
 */
final class StageNames {

  private static final int MAX_LENGTH = 63;

  private final LogicalPlan plan;
  private final Map<String, String> owners = new HashMap<>();

  StageNames(LogicalPlan plan) {
    this.plan = plan;
  }

  /** {@return the name of a stage, refused if another stage has it} */
  String stage(LogicalNode node, String suffix) {
    String name = limit(derived(node) + suffix);
    String owner = node.id() + suffix;
    String other = owners.putIfAbsent(name, owner);
    if (other != null && !other.equals(owner)) {
      throw new ConfigurationException(
          "Cannot name the stages of job '"
              + plan.job()
              + "': two of them would be called '"
              + name
              + "'. Give one of the steps a name with .name(\"...\")");
    }
    return name;
  }

  /** {@return the name of a step inside its stage} */
  String derived(LogicalNode node) {
    if (node.name().isPresent()) {
      return node.name().get();
    }
    if (node.operation() instanceof Operation.Read read) {
      return read.source().name();
    }
    if (node.operation() instanceof Operation.Write write) {
      return write.sinkName();
    }
    return origin(node.inputs()) + "-" + node.operation().verb();
  }

  private String origin(List<Integer> inputs) {
    return inputs.stream()
        .map(plan.nodes()::get)
        .map(
            node ->
                node.name().isPresent()
                        || node.operation() instanceof Operation.SideOutput
                        || node.operation() instanceof Operation.Read
                        || node.operation() instanceof Operation.Aggregate
                        || node.operation() instanceof Operation.WindowAggregate
                        || node.operation() instanceof Operation.KeyedProcess
                    ? derived(node)
                    : origin(node.inputs()))
        .distinct()
        .collect(Collectors.joining("-"));
  }

  private static String limit(String name) {
    if (name.length() <= MAX_LENGTH) {
      return name;
    }
    String hash = Integer.toHexString(name.hashCode());
    return name.substring(0, MAX_LENGTH - 1 - hash.length()) + "-" + hash;
  }
}
