package dev.millrace.internal.compile;

import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A stage while the cutter is at work on it. */
final class StageDraft {

  final String name;

  /** The source that it reads; empty if it reads shuffles. */
  Optional<StageInput> source = Optional.empty();

  /** The shuffled inputs by the node that makes each of them. */
  final Map<Integer, InputDraft> inputs = new LinkedHashMap<>();

  final List<Step> steps = new ArrayList<>();
  final List<EdgeDraft> outputs = new ArrayList<>();

  /** Which output leads to which input, so that two ways to one shuffle share it. */
  final Map<InputDraft, Integer> shuffleTo = new LinkedHashMap<>();

  /** Which step a node became, so that two ways to one node share it. */
  final Map<Integer, Integer> stepOfNode = new HashMap<>();

  /** The nodes whose steps have state, by the names that they are to have. */
  final Map<String, LogicalNode> keepers = new HashMap<>();

  OptionalInt parallelism = OptionalInt.empty();
  boolean placing;

  private final Set<String> stepNames = new HashSet<>();

  StageDraft(String name) {
    this.name = name;
  }

  /**
   * {@return a name no other step of this stage has; a clash is resolved in the order of the
   * program}
   */
  String uniqueName(String wanted) {
    String candidate = wanted;
    for (int i = 2; !stepNames.add(candidate); i++) {
      candidate = wanted + "-" + i;
    }
    return candidate;
  }
}
