package dev.millrace;

import dev.millrace.error.ConfigurationException;
import dev.millrace.function.FilterFunction;
import dev.millrace.internal.plan.LogicalNode;
import dev.millrace.internal.plan.Operation;
import dev.millrace.internal.plan.PlanBuilder;
import dev.millrace.internal.util.Arguments;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream that is divided into named branches: each value goes to the first one whose predicate
 * holds, and is dropped if there is none.
 *
 * <p><b>Contract.</b> {@link #branch} and {@link #otherwise} add a branch to this object, in the
 * order in which predicates are tried, and return it. {@link #stream} is the stream of a branch.
 *
 * <p><b>Threads.</b> Confined to the thread that builds the job.
 *
 * @param <T> the values
 */
public final class Branches<T> {

  private final PlanBuilder plan;
  private final int id;
  private final List<String> names = new ArrayList<>();
  private boolean complete;

  Branches(PlanBuilder plan, int id) {
    this.plan = plan;
    this.id = id;
  }

  /** Adds a branch for the values for which the predicate, and none before it, holds. */
  public Branches<T> branch(String name, FilterFunction<? super T> predicate) {
    Arguments.given("Cannot branch", "predicate", predicate);
    Job.checkName("branch", name);
    if (complete || names.contains(name)) {
      throw new ConfigurationException(
          "Cannot add branch '"
              + name
              + "': "
              + (complete ? "otherwise has taken all other values" : "there is one of that name")
              + " ("
              + names
              + "). "
              + (complete ? "Call otherwise last" : "Give each branch a name of its own"));
    }
    names.add(name);
    plan.change(id, node -> node.doing(with(node, predicate)));
    return this;
  }

  private static Operation with(LogicalNode node, FilterFunction<?> predicate) {
    List<FilterFunction<?>> cases = new ArrayList<>(((Operation.Branch) node.operation()).cases());
    cases.add(predicate);
    return new Operation.Branch(List.copyOf(cases));
  }

  /** Adds a last branch, for all values that no predicate took. */
  public Branches<T> otherwise(String name) {
    branch(name, value -> true);
    complete = true;
    return this;
  }

  /**
   * {@return the stream of a branch}
   *
   * @throws ConfigurationException if there is no branch of that name
   */
  public DataStream<T> stream(String name) {
    int index = names.indexOf(Arguments.given("Cannot read a branch", "name", name));
    if (index < 0) {
      throw new ConfigurationException(
          "Cannot read branch '"
              + name
              + "': there is none of that name ("
              + names
              + "). Add it with branch, or correct the name");
    }
    int branch = plan.add(new Operation.Case(index, name), List.of(id), plan.node(id).type());
    return new DataStream<>(plan, branch);
  }
}
