package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.plan.ShuffleEdge.Granularity;
import dev.millrace.internal.plan.SplitSourceSpec;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The cutter of a logical plan into stages at its shuffles, which fuses what lies between.
 *
 * <p>It walks from each source along the readers. Stateless steps join the stage they are reached
 * from; a step after a union therefore becomes part of every stage that feeds the union, which
 * needs no topic. A {@code keyBy} ends the stage: its aggregates make up the next one, one stage
 * per time domain, since an entry in a frame has one time only.
 */
final class StageCutter {

  private final LogicalPlan plan;
  private final EventTimes times;
  private final ErrorPolicy defaultErrors;
  private final StageNames names;
  private final OperatorChoice operators;

  /**
   * Shuffled stages by the node and time domain that make them; filled as the walk reaches them.
   */
  private final Map<String, StageDraft> shuffled = new LinkedHashMap<>();

  private final List<StageDraft> drafts = new ArrayList<>();

  StageCutter(LogicalPlan plan, EventTimes times, ErrorPolicy defaultErrors) {
    this.plan = plan;
    this.times = times;
    this.defaultErrors = defaultErrors;
    this.names = new StageNames(plan);
    this.operators = new OperatorChoice(plan, times, names);
  }

  List<StagePlan> cut() {
    for (LogicalNode node : plan.nodes()) {
      if (node.operation() instanceof Operation.Read read) {
        for (SourceSpec part : read.source().parts()) {
          StageDraft stage = new StageDraft(names.source(node, part));
          stage.inputs.add(input(part, stage, errorsOf(node)));
          stage.parallelism = node.parallelism();
          drafts.add(stage);
          stage.heads.addAll(targetsBehind(node, stage));
        }
      }
    }
    return new Ordering(plan.job(), drafts).stages();
  }

  private StageInput input(SourceSpec source, StageDraft stage, ErrorPolicy errors) {
    if (source instanceof KafkaSourceSpec kafka) {
      return new StageInput.Kafka(kafka, errors);
    }
    SplitSourceSpec splits = (SplitSourceSpec) source;
    return new StageInput.Splits(splits, plan.job() + "." + stage.name + ".splits", errors);
  }

  private List<Target> targetsBehind(LogicalNode node, StageDraft stage) {
    List<Target> targets = new ArrayList<>();
    for (LogicalNode reader : plan.readersOf(node)) {
      if (!(reader.operation() instanceof Operation.SideOutput)) {
        targets.addAll(enter(reader, stage));
      }
    }
    return targets;
  }

  private Map<String, List<Target>> sideTargets(LogicalNode node, StageDraft stage) {
    Map<String, List<Target>> targets = new LinkedHashMap<>();
    for (LogicalNode reader : plan.readersOf(node)) {
      if (reader.operation() instanceof Operation.SideOutput side) {
        targets
            .computeIfAbsent(side.tag().name(), name -> new ArrayList<>())
            .addAll(targetsBehind(reader, stage));
      }
    }
    return targets;
  }

  /** {@return where a record goes that arrives at a node from within a stage} */
  private List<Target> enter(LogicalNode node, StageDraft stage) {
    Operation operation = node.operation();
    if (operation instanceof Operation.Union) {
      return targetsBehind(node, stage);
    }
    if (operation instanceof Operation.KeyBy) {
      return enterKeyed(node, stage);
    }
    if (operation instanceof Operation.Rebalance) {
      return List.of(enterSpread(node, stage, targetsOfRebalance(node)));
    }
    if (node.parallelism().isPresent() && !startsStage(node)) {
      return List.of(enterSpread(node, stage, next -> List.of(step(node, next))));
    }
    return List.of(step(node, stage));
  }

  private Heads targetsOfRebalance(LogicalNode node) {
    return next -> targetsBehind(node, next);
  }

  /**
   * True if no extra shuffle is needed, since the step already runs with the requested parallelism:
   * it follows a rebalance, or only steps with the same parallelism.
   */
  private boolean startsStage(LogicalNode node) {
    return node.inputs().stream()
        .map(plan.nodes()::get)
        .allMatch(
            input ->
                input.operation() instanceof Operation.Rebalance
                    || input.parallelism().equals(node.parallelism()));
  }

  private Target step(LogicalNode node, StageDraft stage) {
    Integer known = stage.stepOfNode.get(node.id());
    if (known != null) {
      return new Target.ToStep(known);
    }
    StageOperator operator;
    List<Target> targets;
    Map<String, List<Target>> sideTargets = sideTargets(node, stage);
    if (node.operation() instanceof Operation.Branch branch) {
      List<List<Target>> cases = new ArrayList<>();
      for (int i = 0; i < branch.cases().size(); i++) {
        cases.add(targetsOfCase(node, i, stage));
      }
      operator = new StageOperator.Branch(branch.cases(), cases);
      targets = List.of();
    } else {
      targets = targetsBehind(node, stage);
      operator = operators.choose(node, errorsOf(node), targets, stage);
    }
    int index = stage.steps.size();
    stage.steps.add(
        new Step(
            stage.uniqueName(names.derived(node)), operator, targets, sideTargets, errorsOf(node)));
    stage.stepOfNode.put(node.id(), index);
    return new Target.ToStep(index);
  }

  private List<Target> targetsOfCase(LogicalNode branch, int index, StageDraft stage) {
    List<Target> targets = new ArrayList<>();
    for (LogicalNode reader : plan.readersOf(branch)) {
      if (reader.operation() instanceof Operation.Case one && one.index() == index) {
        targets.addAll(targetsBehind(reader, stage));
      }
    }
    return targets;
  }

  /** A keyBy: one stage for each time domain its aggregates live in. */
  private List<Target> enterKeyed(LogicalNode keyBy, StageDraft stage) {
    List<Target> targets = new ArrayList<>();
    for (TimeDomain domain : TimeDomain.values()) {
      List<LogicalNode> aggregates =
          plan.readersOf(keyBy).stream().filter(node -> times.domain(node) == domain).toList();
      if (!aggregates.isEmpty()) {
        targets.add(enterKeyed(keyBy, aggregates, domain, stage));
      }
    }
    return targets;
  }

  private Target enterKeyed(
      LogicalNode keyBy, List<LogicalNode> aggregates, TimeDomain domain, StageDraft stage) {
    StageDraft next =
        shuffledStage(
            keyBy.id() + "/" + domain,
            () -> keyedName(keyBy, aggregates),
            keyBy,
            draft -> aggregates.stream().map(node -> step(node, draft)).toList());
    Operation.KeyBy operation = (Operation.KeyBy) keyBy.operation();
    Optional<CombinerPlan> combiner =
        aggregates.size() == 1
            ? operators.combiner(aggregates.get(0), errorsOf(aggregates.get(0)))
            : Optional.empty();
    return connect(
        stage,
        next,
        new EdgeDraft(
            Optional.of(operation.key()),
            operation.keyType(),
            keyBy.type().orElseThrow(),
            domain,
            combiner,
            errorsOf(keyBy)));
  }

  private String keyedName(LogicalNode keyBy, List<LogicalNode> aggregates) {
    return aggregates.size() == 1
        ? names.stage(aggregates.get(0), "")
        : names.stage(
            keyBy, times.domain(aggregates.get(0)) == TimeDomain.EVENT ? "" : "-processing-time");
  }

  /** A rebalance, asked for or implied by a parallelism: the next stage gets the values in turn. */
  private Target enterSpread(LogicalNode node, StageDraft stage, Heads heads) {
    StageDraft next =
        shuffledStage(
            node.id() + "/spread",
            () ->
                names.stage(node, node.operation() instanceof Operation.Rebalance ? "" : "-spread"),
            node,
            heads);
    Type type =
        plan.nodes()
            .get(node.inputs().get(0))
            .type()
            .orElseThrow(
                () ->
                    new TypeInferenceException(
                        "Cannot spread the input of '"
                            + node.label()
                            + "': its type is not known. Put .returns(...) ahead of it"));
    return connect(
        stage,
        next,
        new EdgeDraft(
            Optional.empty(),
            Void.class,
            type,
            TimeDomain.EVENT,
            Optional.empty(),
            errorsOf(node)));
  }

  private StageDraft shuffledStage(
      String id, java.util.function.Supplier<String> name, LogicalNode node, Heads heads) {
    StageDraft known = shuffled.get(id);
    if (known != null) {
      return known;
    }
    StageDraft stage = new StageDraft(name.get());
    stage.parallelism = node.parallelism();
    shuffled.put(id, stage);
    drafts.add(stage);
    stage.heads.addAll(heads.of(stage));
    return stage;
  }

  private Target connect(StageDraft from, StageDraft to, EdgeDraft edge) {
    Integer known = from.shuffleTo.get(to);
    if (known != null) {
      return new Target.ToShuffle(known);
    }
    from.shuffleTo.put(to, from.outputs.size());
    from.outputs.add(edge.to(to));
    to.upstream.add(from);
    return new Target.ToShuffle(from.outputs.size() - 1);
  }

  private ErrorPolicy errorsOf(LogicalNode node) {
    return node.errors().orElse(defaultErrors);
  }

  /** Makes the first targets of a stage once the stage is known. */
  private interface Heads {
    List<Target> of(StageDraft stage);
  }

  /**
   * The order of the drafts, in which writers come before readers, and the names of the topics
   * between them.
   */
  private static final class Ordering {
    private final String job;
    private final List<StageDraft> drafts;
    private final List<StageDraft> ordered = new ArrayList<>();

    Ordering(String job, List<StageDraft> drafts) {
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
      stage.upstream.forEach(this::place);
      stage.placing = false;
      ordered.add(stage);
    }

    private StagePlan plan(StageDraft stage) {
      List<StageInput> inputs = new ArrayList<>(stage.inputs);
      for (StageDraft from : stage.upstream) {
        int index = Objects.requireNonNull(from.shuffleTo.get(stage));
        inputs.add(new StageInput.Shuffled(edge(from, from.outputs.get(index))));
      }
      List<ShuffleEdge> outputs = stage.outputs.stream().map(edge -> edge(stage, edge)).toList();
      boolean keepsChangelog =
          stage.steps.stream().anyMatch(step -> step.operator().needsChangelog())
              || inputs.stream().anyMatch(StageInput.Splits.class::isInstance);
      return new StagePlan(
          stage.name, inputs, stage.heads, stage.steps, outputs, keepsChangelog, stage.parallelism);
    }

    private ShuffleEdge edge(StageDraft from, EdgeDraft edge) {
      StageDraft to = edge.to().orElseThrow();
      String topic =
          to.upstream.size() == 1
              ? job + "." + to.name + ".shuffle"
              : job + "." + to.name + "." + from.name + ".shuffle";
      return new ShuffleEdge(
          topic,
          from.name,
          to.name,
          edge.key(),
          edge.keyType(),
          edge.valueType(),
          edge.domain(),
          edge.combiner(),
          Granularity.NONE,
          edge.errors());
    }
  }
}
