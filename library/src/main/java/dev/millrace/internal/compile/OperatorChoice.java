package dev.millrace.internal.compile;

import dev.millrace.connector.WriterSink;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.handle.HandleSpec;
import dev.millrace.internal.handle.HandleSpec.TimeToLive;
import dev.millrace.internal.plan.BroadcastLookup;
import dev.millrace.internal.plan.BroadcastOperator;
import dev.millrace.internal.plan.CoGroup;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.JoinBounds;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.KeyedOperation;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PatternMatch;
import dev.millrace.internal.plan.ShuffleEdge.CombinerPlan;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageCoGroup;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.plan.StageTableJoin;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.StatelessOperation;
import dev.millrace.internal.plan.StoreSpec.RowTimes;
import dev.millrace.internal.plan.TableLookup;
import dev.millrace.internal.plan.TableStep;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.window.Slicing;
import dev.millrace.internal.window.WindowKind;
import dev.millrace.time.TimeDomain;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The choice of the operators that run what the program wrote, once it is known where they are:
 * what keys they have, which time they live in, and what follows them.
 */
final class OperatorChoice {

  private final LogicalPlan plan;
  private final EventTimes times;
  private final StageNames names;
  private final Broadcasts broadcasts;

  OperatorChoice(LogicalPlan plan, EventTimes times, StageNames names, Broadcasts broadcasts) {
    this.plan = plan;
    this.times = times;
    this.names = names;
    this.broadcasts = broadcasts;
  }

  /**
   * {@return the operator of a node that becomes a step}
   *
   * @param errors the error policy of the node
   * @param targets where its results go
   * @param stage the stage, with the steps that are targets
   */
  StageOperator choose(
      LogicalNode node, ErrorPolicy errors, List<Target> targets, StageDraft stage) {
    Operation operation = node.operation();
    if (operation instanceof StatelessOperation.MapAsync calls) {
      return calls.retrying(errors);
    }
    if (operation instanceof TableStep.Changes changes && onlyUpserts(targets, stage)) {
      return changes.upserts();
    }
    if (operation instanceof StatelessOperation step) {
      return step;
    }
    if (operation instanceof Operation.Write write) {
      return write.sink() instanceof WriterSink<?> writer
          ? new StageOperator.WriteOut(writer)
          : new StageOperator.WriteKafka(kafkaSink(node, write));
    }
    if (operation instanceof BroadcastLookup lookup) {
      return new BroadcastOperator.Lookup(lookup, broadcasts.of(lookup));
    }
    if (operation instanceof Operation.ReadTable table) {
      return new StageAggregate(
          table.newest(), table.keyType(), !onlyUpserts(targets, stage), RowTimes.KEPT);
    }
    if (operation instanceof KeyedOperation keyed) {
      return keyed(node, keyed, !onlyUpserts(targets, stage));
    }
    throw new IllegalStateException("No operator for " + operation);
  }

  private StageOperator keyed(LogicalNode node, KeyedOperation operation, boolean needsBefore) {
    Type keyType = keyTypeOf(node);
    if (operation instanceof KeyedOperation.WindowAggregate window) {
      return new StageWindowAggregate(
          window.fold(),
          keyType,
          window.window().kind(),
          times.domain(node),
          window.rules(),
          window.function());
    }
    if (operation instanceof KeyedOperation.KeyedProcess process) {
      return process(node, process, keyType);
    }
    if (operation instanceof KeyedOperation.Aggregate aggregate) {
      return new StageAggregate(
          aggregate.fold(),
          keyType,
          needsBefore,
          times.hasTimes(node) ? RowTimes.KEPT : RowTimes.NOT_KEPT);
    }
    if (operation instanceof KeyedOperation.StreamJoin join) {
      checkWatermarks(node, "streams are joined in event time", "");
      return join.bounds() instanceof JoinBounds.SameWindow same
              && same.window() instanceof WindowKind.Session session
          ? new StageCoGroup(join, session, keyType)
          : new StageStreamJoin(join, keyType);
    }
    if (operation instanceof CoGroup group) {
      checkWatermarks(node, "streams are grouped in event time", "");
      return new StageCoGroup(group, group.window(), keyType);
    }
    if (operation instanceof ForeignKeyJoin join) {
      return join;
    }
    if (operation instanceof PatternMatch match) {
      boolean byClock = match.rules().processingTime() || !times.hasWatermarks(node);
      return new StagePatternMatch(
          match, keyType, byClock ? TimeDomain.PROCESSING : TimeDomain.EVENT);
    }
    if (operation instanceof TableLookup.AsOfEventTime lookup) {
      checkWatermarks(
          node, "rows are looked up as of event time", ", or leave .asOfEventTime() out");
      return new LookupOperator.AsOfEventTime(lookup, keyType);
    }
    if (operation instanceof KeyedOperation.TableJoin join) {
      return new StageTableJoin(
          join, keyType, times.hasTimes(node) ? RowTimes.KEPT : RowTimes.NOT_KEPT);
    }
    if (operation instanceof TableLookup.AsOfNow lookup) {
      return new LookupOperator.AsOfNow(lookup, keyType);
    }
    throw new IllegalStateException("No operator for " + operation);
  }

  /**
   * Without a watermark on each side nothing that waits would ever go.
   *
   * @param what the join does that needs them
   * @param instead what else the program may write
   */
  private void checkWatermarks(LogicalNode join, String what, String instead) {
    for (int side : join.inputs().stream().distinct().toList()) {
      LogicalNode keyBy = plan.nodes().get(side);
      if (!times.hasWatermarks(keyBy)) {
        throw new ConfigurationException(
            "Cannot compile '"
                + join.label()
                + "' of job '"
                + plan.job()
                + "': "
                + what
                + ", but a source of its "
                + join.operation().inputName(join.inputs().indexOf(side))
                + " side has no watermarks. Add"
                + " .watermarks(Watermarks.boundedOutOfOrderness(...)) to the source"
                + instead);
      }
    }
  }

  /** Times that nobody asked for would let a topic with a retention delete results at once. */
  private KafkaSinkSpec kafkaSink(LogicalNode node, Operation.Write write) {
    KafkaSinkSpec sink = Specs.of(write.sink(), KafkaSinkSpec.class);
    return sink.timestamp() != null || times.hasTimes(node) ? sink : sink.withWriteTime();
  }

  private StageOperator process(
      LogicalNode node, KeyedOperation.KeyedProcess process, Type keyType) {
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
    return new StageKeyedProcess(
        process.functions(),
        keyType,
        state,
        process.tags(),
        node.inputs().size(),
        watermarks,
        process.sorted());
  }

  private static boolean onlyUpserts(List<Target> targets, StageDraft stage) {
    return targets.stream().noneMatch(target -> readsBefore(target, stage));
  }

  /** Whether a target needs the old row of an update; what keeps the rows of a table has it. */
  private static boolean readsBefore(Target target, StageDraft stage) {
    if (target instanceof Target.ToStep step) {
      return stage.steps.get(step.index()).operator().readsBefore();
    }
    if (target instanceof Target.ToKeyedStep keyed) {
      return keyed.key() != KeptKey.OF_REVISION;
    }
    EdgeDraft edge = stage.outputs.get(((Target.ToShuffle) target).index());
    return !edge.key().equals(Optional.of(KeptKey.OF_REVISION));
  }

  private Type keyTypeOf(LogicalNode keyed) {
    List<Type> types =
        keyed.inputs().stream()
            .map(input -> ((Operation.KeyBy) plan.nodes().get(input).operation()).keyType())
            .distinct()
            .toList();
    if (types.size() > 1) {
      throw new ConfigurationException(
          "Cannot compile '"
              + keyed.label()
              + "' of job '"
              + plan.job()
              + "': its inputs have keys of different types ("
              + types.stream().map(Type::getTypeName).collect(Collectors.joining(", "))
              + "), so that equal ones would not meet. Give each keyBy(...) the same type");
    }
    return types.get(0);
  }

  /**
   * {@return the sending half of an aggregate, if it can be split into two}
   *
   * <p>It sends no partial results if the aggregate has an error policy of its own that is about
   * single records: when a partial result cannot be merged, the record at fault cannot be found in
   * it.
   */
  Optional<CombinerPlan> combiner(LogicalNode aggregate, ErrorPolicy errors) {
    boolean active =
        aggregate.errors().map(own -> own.action() == ErrorPolicy.Action.FAIL).orElse(true);
    String step = names.derived(aggregate);
    if (aggregate.operation() instanceof KeyedOperation.Aggregate running
        && running.fold().combinable()) {
      return Optional.of(new CombinerPlan(step, running.fold(), Optional.empty(), errors, active));
    }
    if (aggregate.operation() instanceof KeyedOperation.WindowAggregate windowed
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
}
