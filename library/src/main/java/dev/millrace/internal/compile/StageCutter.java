package dev.millrace.internal.compile;

import dev.millrace.connector.WriterSink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.handle.HandleSpec.TimeToLive;
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
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
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
      operator = operator(node, targets, stage);
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

  private StageOperator operator(LogicalNode node, List<Target> targets, StageDraft stage) {
    Operation operation = node.operation();
    if (operation instanceof Operation.MapAsync calls) {
      return calls.retrying(errorsOf(node));
    }
    if (operation instanceof Operation.Stateless step) {
      return step;
    }
    if (operation instanceof Operation.Write write) {
      return write.sink() instanceof WriterSink<?> writer
          ? new StageOperator.WriteOut(writer)
          : new StageOperator.WriteKafka(kafkaSink(node, write));
    }
    Type keyType = keyTypeOf(node);
    if (operation instanceof Operation.WindowAggregate window) {
      return new StageOperator.WindowAggregate(
          window.fold(),
          keyType,
          window.window().kind(),
          times.domain(node),
          window.rules(),
          window.function());
    }
    if (operation instanceof Operation.KeyedProcess process) {
      return process(node, process, keyType);
    }
    if (operation instanceof Operation.Aggregate aggregate) {
      return new StageOperator.Aggregate(aggregate.fold(), keyType, !onlyUpserts(targets, stage));
    }
    throw new IllegalStateException("No operator for " + operation);
  }

  /** Times that nobody asked for would let a topic with a retention delete results at once. */
  private KafkaSinkSpec kafkaSink(LogicalNode node, Operation.Write write) {
    KafkaSinkSpec sink = Specs.of(write.sink(), KafkaSinkSpec.class);
    return sink.timestamp() != null || times.hasTimes(node) ? sink : sink.withWriteTime();
  }

  private StageOperator process(LogicalNode node, Operation.KeyedProcess process, Type keyType) {
    boolean watermarks = times.hasWatermarks(node);
    if (process.sorted().isPresent() && !watermarks) {
      throw new ConfigurationException(
          "Cannot compile '"
              + node.label()
              + "' of job '"
              + plan.job()
              + "': its input is sorted by event time, but a source has no watermarks. Add"
              + " .watermarks(Watermarks.boundedOutOfOrderness(...)) to the source, or leave"
              + " .sortedByEventTime() out");
    }
    List<HandleSpec> state = new ArrayList<>();
    for (HandleSpec handle : process.state()) {
      HandleSpec known = handle.inDomain(watermarks ? TimeDomain.EVENT : TimeDomain.PROCESSING);
      if (!watermarks
          && known.timeToLive().flatMap(TimeToLive::domain).equals(Optional.of(TimeDomain.EVENT))) {
        throw new ConfigurationException(
            "Cannot compile '"
                + node.label()
                + "' of job '"
                + plan.job()
                + "': its state '"
                + handle.name()
                + "' expires in event time, but a source has no watermarks. Add .watermarks(...) to"
                + " the source, or let it expire in processing time");
      }
      state.add(known);
    }
    return new StageOperator.KeyedProcess(
        process.functions(), keyType, state, process.tags(), watermarks, process.sorted());
  }

  private static boolean onlyUpserts(List<Target> targets, StageDraft stage) {
    return targets.stream()
        .allMatch(
            target ->
                target instanceof Target.ToStep step
                    && !stage.steps.get(step.index()).operator().readsBefore());
  }

  private Type keyTypeOf(LogicalNode aggregate) {
    LogicalNode input = plan.nodes().get(aggregate.inputs().get(0));
    return ((Operation.KeyBy) input.operation()).keyType();
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
        aggregates.size() == 1 ? combiner(aggregates.get(0)) : Optional.empty();
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

  /**
   * No partial results if the aggregate has an error policy of its own that is about single
   * records: when a partial result cannot be merged, the record at fault cannot be found in it.
   */
  private Optional<CombinerPlan> combiner(LogicalNode aggregate) {
    boolean active =
        aggregate.errors().map(own -> own.action() == ErrorPolicy.Action.FAIL).orElse(true);
    String step = names.derived(aggregate);
    ErrorPolicy errors = errorsOf(aggregate);
    if (aggregate.operation() instanceof Operation.Aggregate running
        && running.fold().combinable()) {
      return Optional.of(new CombinerPlan(step, running.fold(), Optional.empty(), errors, active));
    }
    if (aggregate.operation() instanceof Operation.WindowAggregate windowed
        && windowed.fold().combinable()
        && isCombinable(windowed.window().kind())) {
      // Late records that the program wants to see have to come one by one.
      boolean single = windowed.rules().late().isPresent();
      return Optional.of(
          new CombinerPlan(
              step,
              windowed.fold(),
              Optional.of(windowed.window().kind()),
              errors,
              active && !single));
    }
    return Optional.empty();
  }

  /** Whether records can be added up before it is known which others they meet. */
  private static boolean isCombinable(WindowKind window) {
    return Slicing.of(window).isPresent()
        || (window instanceof WindowKind.Session session && session.gap().isEmpty());
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
