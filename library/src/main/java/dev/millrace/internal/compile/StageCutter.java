package dev.millrace.internal.compile;

import dev.millrace.error.ErrorPolicy;
import dev.millrace.error.TypeInferenceException;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.BroadcastOperator;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.plan.SplitSourceSpec;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.SourceSpec;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

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
  private final KeyedHomes homes;
  private final OperatorChoice operators;
  private final Broadcasts broadcasts;

  /** Shuffled stages by their {@link KeyedHomes} or spreads; filled as the walk reaches them. */
  private final Map<String, StageDraft> shuffled = new LinkedHashMap<>();

  private final List<StageDraft> drafts = new ArrayList<>();

  StageCutter(LogicalPlan plan, EventTimes times, ErrorPolicy defaultErrors) {
    this.plan = plan;
    this.times = times;
    this.defaultErrors = defaultErrors;
    this.names = new StageNames(plan);
    this.homes = new KeyedHomes(plan, times);
    this.broadcasts = new Broadcasts(plan, names, this::errorsOf);
    this.operators = new OperatorChoice(plan, times, names, broadcasts);
  }

  List<StagePlan> cut() {
    for (LogicalNode node : plan.nodes()) {
      if (node.operation() instanceof Operation.OfSource read
          && !broadcasts.areAllThatReads(node)) {
        for (SourceSpec part : read.source().parts()) {
          StageDraft stage = new StageDraft(names.source(node, part));
          stage.parallelism = node.parallelism();
          drafts.add(stage);
          List<Target> heads = headsOfSource(node, stage);
          stage.source = Optional.of(input(part, stage, errorsOf(node), heads));
        }
      }
    }
    return new StageOrder(plan.job(), drafts).stages();
  }

  /** The records of a table's topic go to the operator that has the table's rows. */
  private List<Target> headsOfSource(LogicalNode node, StageDraft stage) {
    if (!(node.operation() instanceof Operation.ReadTable)) {
      return targetsBehind(node, stage);
    }
    List<Target> heads = new ArrayList<>();
    List<LogicalNode> readers = plan.readersOf(node);
    if (readers.isEmpty()
        || broadcasts.written(node).isPresent()
        || !readers.stream().allMatch(StageCutter::readsVersions)) {
      Target.ToStep rows = (Target.ToStep) step(node, stage);
      heads.add(new Target.ToKeyedStep(rows, KeptKey.OF_TOPIC_ROW, errorsOf(node)));
    }
    readers.stream()
        .filter(StageCutter::readsVersions)
        .forEach(reader -> heads.addAll(enterKeyed(reader, stage)));
    return heads;
  }

  /** Whether a reader of a topic's table gets the records that its rows are made of. */
  private static boolean readsVersions(LogicalNode reader) {
    return reader.operation() instanceof Operation.KeyBy keyBy
        && keyBy.key() == KeptKey.OF_TOPIC_VERSION;
  }

  private StageInput input(
      SourceSpec source, StageDraft stage, ErrorPolicy errors, List<Target> heads) {
    if (source instanceof KafkaSourceSpec kafka) {
      return new StageInput.Kafka(kafka, errors, heads);
    }
    SplitSourceSpec splits = (SplitSourceSpec) source;
    return new StageInput.Splits(splits, plan.job() + "." + stage.name + ".splits", errors, heads);
  }

  private List<Target> targetsBehind(LogicalNode node, StageDraft stage) {
    List<Target> targets = new ArrayList<>();
    for (LogicalNode reader : plan.readersOf(node)) {
      if (!(reader.operation() instanceof Operation.SideOutput) && !readsVersions(reader)) {
        targets.addAll(enter(reader, stage));
      }
    }
    broadcasts.written(node).ifPresent(table -> targets.add(write(table, node, stage)));
    return targets;
  }

  /** Writes the rows of a table where every instance reads them; it is made in one stage only. */
  private Target write(Broadcast table, LogicalNode node, StageDraft stage) {
    stage.steps.add(
        new Step(
            stage.uniqueName(table.name() + "-broadcast"),
            new BroadcastOperator.Write(table),
            List.of(),
            Map.of(),
            errorsOf(node)));
    return new Target.ToStep(stage.steps.size() - 1, 0);
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
    if (homes.isSpread(node)) {
      return List.of(enterSpread(node, stage, next -> List.of(step(node, next))));
    }
    return List.of(step(node, stage));
  }

  private Heads targetsOfRebalance(LogicalNode node) {
    return next -> targetsBehind(node, next);
  }

  private Target step(LogicalNode node, StageDraft stage) {
    Integer known = stage.stepOfNode.get(node.id());
    if (known != null) {
      return new Target.ToStep(known, 0);
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
    if (operator.keepsState()) {
      names.checkState(node, stage);
    }
    int index = stage.steps.size();
    stage.steps.add(
        new Step(
            stage.uniqueName(names.derived(node)), operator, targets, sideTargets, errorsOf(node)));
    stage.stepOfNode.put(node.id(), index);
    return new Target.ToStep(index, 0);
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

  /** A keyBy: one stage for each home of the operators that read it, unless they are here. */
  private List<Target> enterKeyed(LogicalNode keyBy, StageDraft stage) {
    List<Target> targets = new ArrayList<>();
    Map<KeyedHomes.Home, List<LogicalNode>> readersByHome = new LinkedHashMap<>();
    for (TimeDomain domain : TimeDomain.values()) {
      plan.readersOf(keyBy).stream()
          .distinct()
          .filter(node -> times.domain(node) == domain && !isOnlyLookedUp(node, keyBy))
          .forEach(
              node -> {
                if (homes.isLocal(node, keyBy)) {
                  targets.addAll(localTargets(node, keyBy, stage));
                } else {
                  readersByHome
                      .computeIfAbsent(homes.of(node), home -> new ArrayList<>())
                      .add(node);
                }
              });
    }
    readersByHome.forEach((home, readers) -> targets.add(enterKeyed(keyBy, home, readers, stage)));
    return targets;
  }

  /**
   * Whether a node is a table that nobody reads, since all lookups take the versions of its rows
   * from what it is made of.
   */
  private boolean isOnlyLookedUp(LogicalNode table, LogicalNode keyBy) {
    return table.operation() instanceof KeyedOperation.Aggregate
        && plan.readersOf(table).isEmpty()
        && broadcasts.written(table).isEmpty()
        && plan.readersOf(keyBy).stream()
            .anyMatch(node -> node.operation() instanceof TableLookup.AsOfEventTime);
  }

  private List<Target> localTargets(LogicalNode reader, LogicalNode keyBy, StageDraft stage) {
    Operation.KeyBy operation = (Operation.KeyBy) keyBy.operation();
    return heads(reader, keyBy, stage).stream()
        .<Target>map(head -> new Target.ToKeyedStep(head, operation.key(), errorsOf(keyBy)))
        .toList();
  }

  private Target enterKeyed(
      LogicalNode keyBy, KeyedHomes.Home home, List<LogicalNode> readers, StageDraft stage) {
    LogicalNode first = readers.get(0);
    StageDraft next =
        shuffledStage(home.id(), () -> keyedName(home.keyBy(), home.founders()), home.tasks());
    InputDraft input = next.inputs.get(keyBy.id());
    if (input == null) {
      input = new InputDraft(next, inputName(first, keyBy, home));
      next.inputs.put(keyBy.id(), input);
      for (LogicalNode reader : readers) {
        input.heads.addAll(heads(reader, keyBy, next));
      }
    }
    Operation.KeyBy operation = (Operation.KeyBy) keyBy.operation();
    Optional<CombinerPlan> combiner =
        readers.size() == 1 ? operators.combiner(first, errorsOf(first)) : Optional.empty();
    return connect(
        stage,
        input,
        new EdgeDraft(
            Optional.of(operation.key()),
            operation.keyType(),
            keyBy.type().orElseThrow(),
            times.domain(first),
            combiner,
            errorsOf(keyBy)));
  }

  /** {@return the inputs of an operator that a keyBy is; more than one where it joins itself} */
  private List<Target.ToStep> heads(LogicalNode reader, LogicalNode keyBy, StageDraft stage) {
    int step = ((Target.ToStep) step(reader, stage)).index();
    List<Target.ToStep> heads = new ArrayList<>();
    for (int i = 0; i < reader.inputs().size(); i++) {
      if (reader.inputs().get(i) == keyBy.id()) {
        heads.add(new Target.ToStep(step, i));
      }
    }
    return heads;
  }

  /**
   * {@return what distinguishes the topics of an operator's input from those of the stage's other
   * inputs; empty for the input that the stage was made for}
   */
  private String inputName(LogicalNode reader, LogicalNode keyBy, KeyedHomes.Home home) {
    String role =
        reader.inputs().size() == 1
            ? ""
            : reader.operation().inputName(reader.inputs().indexOf(keyBy.id()));
    if (home.founders().contains(reader)) {
      return role;
    }
    String operator = names.stageName(reader, "");
    return role.isEmpty() ? operator : StageNames.limit(operator + "-" + role);
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
            node.parallelism());
    InputDraft input = next.inputs.get(node.id());
    if (input == null) {
      input = new InputDraft(next, "");
      next.inputs.put(node.id(), input);
      input.heads.addAll(heads.of(next));
    }
    Type type =
        plan.nodes()
            .get(node.inputs().get(0))
            .type()
            .orElseThrow(
                () ->
                    new TypeInferenceException(
                        "Cannot spread the input of '"
                            + node.label()
                            + "': its type is not known. Put .returns(...) before it"));
    return connect(
        stage,
        input,
        new EdgeDraft(
            Optional.empty(),
            Void.class,
            type,
            TimeDomain.EVENT,
            Optional.empty(),
            errorsOf(node)));
  }

  private StageDraft shuffledStage(String id, Supplier<String> name, OptionalInt parallelism) {
    StageDraft known = shuffled.get(id);
    if (known != null) {
      return known;
    }
    StageDraft stage = new StageDraft(name.get());
    stage.parallelism = parallelism;
    shuffled.put(id, stage);
    drafts.add(stage);
    return stage;
  }

  /** Leads a stage's records to an input; two ways from one to the other are one edge. */
  private static Target connect(StageDraft from, InputDraft to, EdgeDraft edge) {
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

  /** The factory of a stage's first targets, called once the stage is known. */
  private interface Heads {
    List<Target> of(StageDraft stage);
  }
}
