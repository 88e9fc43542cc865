package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The order of the drafts, in which writers come before readers, and the names of the topics
 * between them.
 */
final class StageOrder {

  private final String job;
  private final List<StageDraft> drafts;
  private final List<StageDraft> ordered = new ArrayList<>();
  private final Map<String, String> readerOfTopic = new HashMap<>();

  StageOrder(String job, List<StageDraft> drafts) {
    this.job = job;
    this.drafts = drafts;
  }

  List<StagePlan> stages() {
    drafts.forEach(this::place);
    return ordered.stream().map(this::plan).toList();
  }

  private void place(StageDraft stage) {
    if (stage.placing) {
      throw new ConfigurationException(
          "Cannot compile job '" + job + "': its stages form a cycle at '" + stage.name + "'");
    }
    if (ordered.contains(stage)) {
      return;
    }
    stage.placing = true;
    stage.inputs.values().forEach(input -> input.upstream.forEach(this::place));
    stage.placing = false;
    ordered.add(stage);
  }

  private StagePlan plan(StageDraft stage) {
    List<StageInput> inputs = new ArrayList<>();
    stage.source.ifPresent(inputs::add);
    for (InputDraft input : stage.inputs.values()) {
      for (StageDraft from : input.upstream) {
        int index = Objects.requireNonNull(from.shuffleTo.get(input));
        ShuffleEdge edge = edge(from, from.outputs.get(index));
        claim(edge, input);
        inputs.add(new StageInput.Shuffled(edge, input.heads));
      }
    }
    // Commits know inputs by their number, which must not depend on the order of the program.
    inputs.sort(Comparator.comparing(StageInput::topic));
    List<ShuffleEdge> outputs = stage.outputs.stream().map(edge -> edge(stage, edge)).toList();
    boolean keepsChangelog =
        stage.steps.stream().anyMatch(step -> step.operator().needsChangelog())
            || inputs.stream().anyMatch(StageInput.Splits.class::isInstance);
    return new StagePlan(
        stage.name, inputs, stage.steps, outputs, keepsChangelog, stage.parallelism);
  }

  /** Refuses two edges with one topic, whose records could not be distinguished. */
  private void claim(ShuffleEdge edge, InputDraft input) {
    String reader =
        "what stage '" + edge.to() + "' reads from '" + edge.from() + "' as '" + input.name + "'";
    String other = readerOfTopic.putIfAbsent(edge.topic(), reader);
    if (other != null) {
      throw new ConfigurationException(
          "Cannot name the topics of job '"
              + job
              + "': "
              + edge.topic()
              + " would be "
              + other
              + ", and "
              + reader
              + ". Give one of the steps that read them a name with .name(...)");
    }
  }

  private ShuffleEdge edge(StageDraft from, EdgeDraft edge) {
    InputDraft to = edge.to().orElseThrow();
    return new ShuffleEdge(
        to.topic(job, from),
        from.name,
        to.stage.name,
        edge.key(),
        edge.keyType(),
        edge.valueType(),
        edge.domain(),
        edge.combiner(),
        Granularity.NONE,
        edge.errors());
  }
}
