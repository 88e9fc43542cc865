package dev.millrace.internal.plan;

import dev.millrace.internal.spec.SerdeSpec;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The collector of a job's nodes and serdes while the program describes it.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 */
public final class PlanBuilder {

  private final String job;
  private final List<LogicalNode> nodes = new ArrayList<>();
  private final List<SerdeSpec> serdes = new ArrayList<>();

  /** Creates an empty plan. */
  public PlanBuilder(String job) {
    this.job = job;
  }

  /** {@return the job's name} */
  public String job() {
    return job;
  }

  /** Adds a node and returns its id. */
  public int add(Operation operation, List<Integer> inputs, Optional<Type> type) {
    int id = nodes.size();
    nodes.add(LogicalNode.of(id, operation, inputs, type));
    return id;
  }

  /** {@return the node of that id} */
  public LogicalNode node(int id) {
    return nodes.get(id);
  }

  /** Replaces a node by a changed copy. */
  public void change(int id, UnaryOperator<LogicalNode> change) {
    nodes.set(id, change.apply(nodes.get(id)));
  }

  /** Adds a serde, unless its type has one; returns whether it was added. */
  public boolean addSerde(SerdeSpec serde) {
    return serdes.stream().noneMatch(each -> each.type().equals(serde.type())) && serdes.add(serde);
  }

  /** {@return what was collected so far} */
  public LogicalPlan build() {
    return new LogicalPlan(job, nodes, serdes);
  }
}
