package dev.millrace.internal.compile;

import dev.millrace.error.ConfigurationException;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.BroadcastLookup;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.LogicalPlan;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.spec.KafkaTableSpec;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The tables of a plan that every instance has whole, and where each of them is read.
 *
 * <p>The topic of a table is read as it is. Nothing is left to the job then, so no stage reads it,
 * unless something else is made of the table. All other tables are written by the job into topics
 * of its own; so are those of topics whose broken records go to the dead letters, since every
 * instance would send these, at every start.
 */
final class Broadcasts {

  private final LogicalPlan plan;
  private final StageNames names;
  private final Function<LogicalNode, ErrorPolicy> errors;
  private final Map<Integer, Broadcast> byTable = new LinkedHashMap<>();

  Broadcasts(LogicalPlan plan, StageNames names, Function<LogicalNode, ErrorPolicy> errors) {
    this.plan = plan;
    this.names = names;
    this.errors = errors;
    Map<String, LogicalNode> owners = new LinkedHashMap<>();
    for (LogicalNode node : plan.nodes()) {
      if (node.operation() instanceof BroadcastLookup lookup) {
        LogicalNode table = plan.nodes().get(lookup.table());
        Broadcast broadcast = byTable.computeIfAbsent(table.id(), id -> broadcast(table));
        LogicalNode other = owners.putIfAbsent(broadcast.name(), table);
        if (other != null && other.id() != table.id()) {
          throw new ConfigurationException(
              "Cannot name the broadcast tables of job '"
                  + plan.job()
                  + "': two of them would both be called '"
                  + broadcast.name()
                  + "'. Give one of the tables another name with .name(...)");
        }
      }
    }
  }

  /** {@return the table that a join looks up} */
  Broadcast of(BroadcastLookup lookup) {
    Broadcast known = byTable.get(lookup.table());
    if (known == null) {
      throw new IllegalStateException("No such table: " + lookup);
    }
    return known;
  }

  /** {@return the table that the rows of a node become, if it is the job that has to write them} */
  Optional<Broadcast> written(LogicalNode table) {
    return Optional.ofNullable(byTable.get(table.id()))
        .filter(broadcast -> broadcast.ofUser().isEmpty());
  }

  /** {@return whether instances read all there is to know of a table, and no stage needs to} */
  boolean areAllThatReads(LogicalNode table) {
    Broadcast broadcast = byTable.get(table.id());
    return broadcast != null && broadcast.ofUser().isPresent() && plan.readersOf(table).isEmpty();
  }

  private Broadcast broadcast(LogicalNode table) {
    ErrorPolicy policy = errors.apply(table);
    if (table.operation() instanceof Operation.ReadTable read
        && policy.action() != ErrorPolicy.Action.DEAD_LETTER) {
      KafkaTableSpec topic = read.table();
      return new Broadcast(
          names.derived(table),
          topic.source().topic(),
          topic.keyType(),
          topic.source().type(),
          Optional.of(topic),
          policy);
    }
    String name = StageNames.limit(names.derived(table));
    Type[] types = ((ParameterizedType) table.type().orElseThrow()).getActualTypeArguments();
    return new Broadcast(
        name, plan.job() + "." + name + ".broadcast", types[0], types[1], Optional.empty(), policy);
  }
}
