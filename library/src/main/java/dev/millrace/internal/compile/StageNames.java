package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.spec.SourceSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The names of stages and steps, which survive edits elsewhere in the job: the given name, else one
 * derived from the verb and from what the step reads. Never a running number: only steps without
 * state may get one, to distinguish them in metrics.
 */
final class StageNames {

  private static final int MAX_LENGTH = 63;

  private final LogicalPlan plan;
  private final Map<String, Owner> owners = new HashMap<>();

  /** The results of joins by a foreign key, by the steps before them. */
  private final Map<Integer, LogicalNode> results = new HashMap<>();

  StageNames(LogicalPlan plan) {
    this.plan = plan;
    for (LogicalNode node : plan.nodes()) {
      if (node.operation() instanceof ForeignKeyJoin.Result join) {
        results.put(join.left(), node);
        results.put(join.right(), node);
      }
    }
  }

  /** {@return the name of a stage, refused if another stage has it} */
  String stage(LogicalNode node, String suffix) {
    String description = "step '" + byProgram(node).label() + "'";
    return claim(stageName(node, suffix), new Owner(node, suffix, description));
  }

  /** {@return the node that the program has named, or can name, and which names this one} */
  private LogicalNode byProgram(LogicalNode node) {
    return results.getOrDefault(node.id(), node);
  }

  /** {@return the name that a stage would have, whether another has it or not} */
  String stageName(LogicalNode node, String suffix) {
    return limit(derived(node) + suffix);
  }

  /** {@return the name of the stage that reads a source, or one of a source's topics} */
  String source(LogicalNode node, SourceSpec part) {
    List<SourceSpec> parts = ((Operation.OfSource) node.operation()).source().parts();
    String given =
        node.name()
            .map(name -> parts.size() == 1 ? name : name + "-" + part.name())
            .orElse(part.name());
    return claim(limit(given), new Owner(node, part.origin(), "the source of " + part.origin()));
  }

  private String claim(String name, Owner owner) {
    Owner other = owners.putIfAbsent(name, owner);
    if (other != null
        && !(other.node().id() == owner.node().id() && other.part().equals(owner.part()))) {
      boolean alike = owner.description().equals(other.description());
      boolean twice = alike && owner.node().operation() instanceof Operation.OfSource;
      throw new ConfigurationException(
          "Cannot name the stages of job '"
              + plan.job()
              + "': "
              + (alike && !twice ? "a " : "")
              + other.description()
              + " and "
              + (twice ? "a second one of it" : alike ? "another one" : owner.description())
              + " would both be called '"
              + name
              + "', and what a stage keeps is found by its name. Give the second one a name by"
              + " adding .name(\""
              + free(name)
              + "\") to it"
              + (twice ? ", or read the topic once and use the stream twice" : ""));
    }
    return name;
  }

  private String free(String name) {
    int number = 2;
    while (owners.containsKey(name + "-" + number)) {
      number++;
    }
    return name + "-" + number;
  }

  /**
   * The owner of a name.
   *
   * @param part distinguishes the stages that one node makes
   */
  private record Owner(LogicalNode node, String part, String description) {}

  /**
   * Refuses a step with state if another one of its stage has its name: numbers would distinguish
   * them by their places in the program, and each would get the other's state if these changed.
   */
  void checkState(LogicalNode node, StageDraft stage) {
    String name = derived(node);
    LogicalNode other = stage.keepers.putIfAbsent(name, node);
    if (other != null) {
      String one = byProgram(other).label();
      LogicalNode second = byProgram(node);
      throw new ConfigurationException(
          "Cannot name the steps of stage '"
              + stage.name
              + "' of job '"
              + plan.job()
              + "': a step '"
              + one
              + "' and "
              + (one.equals(second.label()) ? "another one" : "step '" + second.label() + "'")
              + " would both be called '"
              + name
              + "', and what a step keeps is found by its name. Give the second one a name by"
              + " adding .name(\""
              + derived(second)
              + "-2\") to it");
    }
  }

  /** {@return the name of a step inside its stage} */
  String derived(LogicalNode node) {
    if (node.name().isPresent()) {
      return node.name().get();
    }
    LogicalNode result = results.get(node.id());
    if (result != null) {
      return derived(result)
          + (node.operation() instanceof ForeignKeyJoin.Left ? "-keys" : "-rows");
    }
    if (node.operation() instanceof ForeignKeyJoin.Result join) {
      int left = plan.nodes().get(join.left()).inputs().get(0);
      int right = plan.nodes().get(join.right()).inputs().get(ForeignKeyJoin.Right.ROWS);
      return origin(List.of(left, right)) + "-" + join.verb();
    }
    if (node.operation() instanceof Operation.OfSource read) {
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
                node.name().isPresent() || node.operation().lendsItsName()
                    ? derived(node)
                    : origin(node.inputs()))
        .distinct()
        .collect(Collectors.joining("-"));
  }

  static String limit(String name) {
    if (name.length() <= MAX_LENGTH) {
      return name;
    }
    String hash = Integer.toHexString(name.hashCode());
    return name.substring(0, MAX_LENGTH - 1 - hash.length()) + "-" + hash;
  }
}
