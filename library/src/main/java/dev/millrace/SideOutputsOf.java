package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import dev.millrace.output.OutputTag;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The lookup of a step's side outputs, for the streams that are built on them. */
final class SideOutputsOf {

  private SideOutputsOf() {}

  /** {@return the tags, of which no two may have the same name} */
  static List<OutputTag<?>> distinct(OutputTag<?>... tags) {
    Arguments.allGiven("Cannot declare side outputs", "tag", tags);
    Set<String> names = new HashSet<>();
    for (OutputTag<?> tag : tags) {
      if (!names.add(tag.name())) {
        throw new ConfigurationException(
            "Cannot declare side outputs: '"
                + tag.name()
                + "' is there twice. Give each tag a name of its own");
      }
    }
    return List.of(tags);
  }

  /** Checks the tags for late records of two streams, which may be one and the same. */
  static void checkLate(OutputTag<?> left, OutputTag<?> right) {
    String cannot = "Cannot emit late records";
    Arguments.given(cannot, "tag for the left stream", left);
    Arguments.given(cannot, "tag for the right stream", right);
    if (!left.equals(right)) {
      distinct(left, right);
    }
  }

  /** {@return the id of a node that reads a side output of the given one} */
  static int node(PlanBuilder plan, int id, OutputTag<?> tag) {
    Arguments.given("Cannot read a side output", "tag", tag);
    LogicalNode node = plan.node(id);
    List<OutputTag<?>> declared = node.operation().sideOutputs();
    if (!declared.contains(tag)) {
      throw new ConfigurationException(
          "Cannot read side output '"
              + tag.name()
              + "' of '"
              + node.label()
              + "': the step does not write to it (it writes to "
              + declared.stream().map(OutputTag::name).toList()
              + "). Call sideOutput on the step that was given the tag, with a tag of the"
              + " same type");
    }
    return plan.add(new Operation.SideOutput(tag), List.of(id), Optional.of(tag.type().type()));
  }
}
