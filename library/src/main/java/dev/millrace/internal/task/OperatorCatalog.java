package dev.millrace.internal.task;

import dev.millrace.internal.broadcast.BroadcastRows;
import dev.millrace.internal.operator.Circuit;
import dev.millrace.internal.operator.KeyedOperator;
import dev.millrace.internal.operator.OperatorContext;
import dev.millrace.internal.operator.Output;
import dev.millrace.internal.operator.SinkOutput;
import dev.millrace.internal.operator.StatelessOperators;
import dev.millrace.internal.operator.aggregate.RunningAggregate;
import dev.millrace.internal.operator.async.AsyncMap;
import dev.millrace.internal.operator.join.BroadcastLookupOperator;
import dev.millrace.internal.operator.join.CoGroupOperator;
import dev.millrace.internal.operator.join.ForeignKeyLeft;
import dev.millrace.internal.operator.join.ForeignKeyResult;
import dev.millrace.internal.operator.join.ForeignKeyRight;
import dev.millrace.internal.operator.join.StreamJoinOperator;
import dev.millrace.internal.operator.join.TableJoinOperator;
import dev.millrace.internal.operator.join.TableLookupOperator;
import dev.millrace.internal.operator.join.TemporalLookupOperator;
import dev.millrace.internal.operator.pattern.PatternOperator;
import dev.millrace.internal.operator.process.ProcessOperator;
import dev.millrace.internal.operator.table.TableOperators;
import dev.millrace.internal.operator.table.TableOperators.Sides;
import dev.millrace.internal.operator.window.WindowOperators;
import dev.millrace.internal.plan.BroadcastOperator;
import dev.millrace.internal.plan.ForeignKeyJoin;
import dev.millrace.internal.plan.LookupOperator;
import dev.millrace.internal.plan.StageAggregate;
import dev.millrace.internal.plan.StageCoGroup;
import dev.millrace.internal.plan.StageKeyedProcess;
import dev.millrace.internal.plan.StageOperator;
import dev.millrace.internal.plan.StagePatternMatch;
import dev.millrace.internal.plan.StageStreamJoin;
import dev.millrace.internal.plan.StageTableJoin;
import dev.millrace.internal.plan.StageWindowAggregate;
import dev.millrace.internal.plan.StatelessOperation;
import dev.millrace.internal.plan.TableStep;
import dev.millrace.output.OutputTag;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue of operators: what a task runs for each kind of step. It is the only place that
 * knows plans and operators of all kinds.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class OperatorCatalog {

  /** Operators that take the entries of a keyed shuffle. */
  private static final Map<Class<?>, KeyedFactory<StageOperator.Keyed>> KEYED =
      Map.ofEntries(
          keyed(StageAggregate.class, RunningAggregate::of),
          keyed(StageWindowAggregate.class, WindowOperators::of),
          keyed(StageKeyedProcess.class, ProcessOperator::of),
          keyed(StageStreamJoin.class, StreamJoinOperator::of),
          keyed(StageCoGroup.class, CoGroupOperator::of),
          keyed(StageTableJoin.class, TableJoinOperator::of),
          keyed(StagePatternMatch.class, PatternOperator::of),
          keyed(ForeignKeyJoin.Left.class, ForeignKeyLeft::of),
          keyed(ForeignKeyJoin.Right.class, ForeignKeyRight::of),
          keyed(ForeignKeyJoin.Result.class, ForeignKeyResult::of),
          keyed(LookupOperator.AsOfNow.class, TableLookupOperator::of),
          keyed(LookupOperator.AsOfEventTime.class, TemporalLookupOperator::of));

  /** Operators that take values. */
  private static final Map<Class<?>, Factory<StageOperator>> OTHERS =
      Map.ofEntries(
          other(
              StatelessOperation.Map.class,
              (map, site) -> StatelessOperators.map(map.function(), site.guard(), site.next())),
          other(
              StatelessOperation.Filter.class,
              (filter, site) ->
                  StatelessOperators.filter(filter.predicate(), site.guard(), site.next())),
          other(
              StatelessOperation.FlatMap.class,
              (flatMap, site) ->
                  StatelessOperators.flatMap(flatMap.function(), site.guard(), site.next())),
          other(
              StatelessOperation.Peek.class,
              (peek, site) -> StatelessOperators.peek(peek.action(), site.guard(), site.next())),
          other(StatelessOperation.MapAsync.class, OperatorCatalog::calls),
          other(StatelessOperation.FilterWithOutputs.class, OperatorCatalog::filter),
          other(
              TableStep.Filter.class,
              (filter, site) ->
                  TableOperators.filter(filter.predicate(), site.guard(), site.next())),
          other(
              TableStep.Map.class,
              (map, site) -> TableOperators.map(map.function(), site.guard(), site.next())),
          other(
              TableStep.Changes.class,
              (changes, site) ->
                  TableOperators.changes(
                      changes.readsBefore() ? Sides.BOTH : Sides.AFTER, site.next())),
          other(TableStep.Regroup.class, (regroup, site) -> TableOperators.regroup(site.next())),
          other(
              StageOperator.Branch.class,
              (branch, site) ->
                  StatelessOperators.branch(
                      branch.cases(), site.guard(), site.outputs(branch.targetsPerCase()))),
          other(BroadcastOperator.Lookup.class, OperatorCatalog::lookup),
          other(
              BroadcastOperator.Write.class,
              (write, site) -> new BroadcastOutput(write.table(), site)),
          other(StageOperator.WriteKafka.class, OperatorCatalog::topic),
          other(StageOperator.WriteOut.class, OperatorCatalog::sink));

  private OperatorCatalog() {}

  /** A factory of operators that take values. */
  private interface Factory<O extends StageOperator> {
    Output make(O plan, StepSite site);
  }

  /** A factory of operators that take the entries of a keyed shuffle. */
  private interface KeyedFactory<O extends StageOperator.Keyed> {
    KeyedOperator make(O plan, OperatorContext context);
  }

  private static <O extends StageOperator> Map.Entry<Class<?>, Factory<StageOperator>> other(
      Class<O> kind, Factory<O> factory) {
    return Map.entry(kind, (plan, site) -> factory.make(kind.cast(plan), site));
  }

  private static <O extends StageOperator.Keyed>
      Map.Entry<Class<?>, KeyedFactory<StageOperator.Keyed>> keyed(
          Class<O> kind, KeyedFactory<O> factory) {
    return Map.entry(kind, (plan, context) -> factory.make(kind.cast(plan), context));
  }

  /** {@return the kinds of operators that take the entries of a keyed shuffle} */
  static Set<Class<?>> keyedKinds() {
    return KEYED.keySet();
  }

  /** {@return the kinds of operators that take values} */
  static Set<Class<?>> otherKinds() {
    return OTHERS.keySet();
  }

  /** {@return the operator of a step that takes the entries of a keyed shuffle} */
  static KeyedOperator keyed(StageOperator.Keyed plan, OperatorContext context) {
    return known(plan, KEYED.get(plan.getClass())).make(plan, context);
  }

  /** {@return the operator of any other step} */
  static Output other(StageOperator plan, StepSite site) {
    return known(plan, OTHERS.get(plan.getClass())).make(plan, site);
  }

  private static <F> F known(StageOperator plan, @Nullable F factory) {
    if (factory == null) {
      throw new IllegalStateException("No operator runs " + plan);
    }
    return factory;
  }

  private static Output calls(StatelessOperation.MapAsync map, StepSite site) {
    TaskChain.Parts parts = site.parts();
    AsyncMap calls =
        new AsyncMap(
            map.function(),
            map.options(),
            site.guard(),
            parts.clock(),
            parts.wakeup(),
            site.next());
    site.roles().calls().accept(calls);
    return calls;
  }

  private static Output lookup(BroadcastOperator.Lookup plan, StepSite site) {
    BroadcastRows.View rows = site.parts().setup().tables().view(plan.table());
    return new BroadcastLookupOperator(
        site.step().name(), plan.lookup(), rows::row, site.guard(), site.next());
  }

  private static Output filter(StatelessOperation.FilterWithOutputs filter, StepSite site) {
    Map<OutputTag<?>, Output> sides = new HashMap<>();
    filter.sideOutputs().forEach(tag -> sides.put(tag, site.side(tag.name())));
    return StatelessOperators.filter(filter.function(), sides, site.guard(), site.next());
  }

  private static Output topic(StageOperator.WriteKafka write, StepSite site) {
    KafkaOutput topic =
        new KafkaOutput(site.step().name(), write.sink(), site.parts(), site.guard());
    site.roles().topics().accept(topic);
    return topic;
  }

  private static Output sink(StageOperator.WriteOut write, StepSite site) {
    String name = site.step().name();
    @Nullable Circuit circuit =
        write
            .sink()
            .circuitBreaker()
            .map(breaker -> site.parts().circuits().apply(name, breaker))
            .orElse(null);
    SinkOutput sink =
        SinkOutput.open(
            name,
            () -> write.sink().open(new TaskSinkContext(site.parts(), name)),
            site.guard(),
            circuit);
    site.roles().sinks().accept(sink);
    return sink;
  }
}
