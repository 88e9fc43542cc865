package dev.millrace.internal.deploy;

import dev.millrace.internal.meta.Manifest;
import dev.millrace.internal.plan.Broadcast;
import dev.millrace.internal.plan.KeptKey;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.RowKey;
import dev.millrace.internal.plan.ShuffleEdge;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.TableStep;
import dev.millrace.internal.plan.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The steps that keep something of each row of a table: groups, look-ups, and joins of tables.
 *
 * <p>They have to begin with the table. One that begins later would be asked to take back rows that
 * it never got, and take others in their place; and one whose table begins anew would have the rows
 * of the former for ever.
 */
final class TableReaders {

  private final PhysicalPlan plan;
  private final Map<String, Manifest.Stage> deployed;
  private final List<String> misfits = new ArrayList<>();

  private TableReaders(PhysicalPlan plan, Map<String, Manifest.Stage> deployed) {
    this.plan = plan;
    this.deployed = deployed;
  }

  /**
   * {@return those of the program that do not have the rows of their table, each with its reason}
   */
  static List<String> misfits(PhysicalPlan plan, Map<String, Manifest.Stage> deployed) {
    TableReaders readers = new TableReaders(plan, deployed);
    for (StagePlan stage : plan.stages()) {
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Shuffled shuffled && carriesRows(shuffled.edge())) {
          readers.compare(stage, input, shuffled.edge());
        }
        if (input instanceof StageInput.Shuffled shuffled && carriesVersions(shuffled.edge())) {
          readers.compareTopic(stage, input, plan.stage(shuffled.edge().from()));
        }
        if (input instanceof StageInput.Kafka kafka && kafka.source().isTable()) {
          readers.compareTopic(stage, input, stage);
        }
      }
      readers.compareWithin(stage);
      readers.compareBroadcasts(stage);
    }
    return readers.misfits;
  }

  private static boolean carriesRows(ShuffleEdge edge) {
    return edge.key()
        .filter(key -> key instanceof RowKey || key == KeptKey.OF_REVISION)
        .isPresent();
  }

  private static boolean carriesVersions(ShuffleEdge edge) {
    return edge.key().filter(key -> key == KeptKey.OF_TOPIC_VERSION).isPresent();
  }

  /** Compares the steps that read the topic of a table, all of which begin with the topic. */
  private void compareTopic(StagePlan stage, StageInput input, StagePlan source) {
    boolean isRead = deployed.containsKey(source.name());
    for (Target head : input.heads()) {
      int step =
          head instanceof Target.ToStep to
              ? to.index()
              : head instanceof Target.ToKeyedStep keyed ? keyed.step().index() : -1;
      if (step >= 0 && isRead && !isDeployed(stage, stage.steps().get(step))) {
        misfits.add(
            "step '"
                + stage.steps().get(step).name()
                + "' is new and would miss what was read of topic '"
                + source.inputs().get(0).topic()
                + "' already");
      }
    }
  }

  private void compare(StagePlan stage, StageInput input, ShuffleEdge edge) {
    StagePlan from = plan.stage(edge.from());
    for (Step table : tables(from, target -> isInto(from, target, edge))) {
      for (Target head : input.heads()) {
        if (head instanceof Target.ToStep to) {
          compare(from, table, stage, stage.steps().get(to.index()));
        }
      }
    }
  }

  private void compare(StagePlan from, Step table, StagePlan stage, Step reader) {
    boolean hasRows = isDeployed(from, table);
    if (hasRows == isDeployed(stage, reader)) {
      return;
    }
    misfits.add(
        hasRows
            ? "step '"
                + reader.name()
                + "' is new and would miss the rows that table '"
                + table.name()
                + "' has already, unless that table begins anew under another name"
            : "step '"
                + reader.name()
                + "' has rows of another table than '"
                + table.name()
                + "', which is new");
  }

  private boolean isDeployed(StagePlan stage, Step step) {
    Manifest.Stage known = deployed.get(stage.name());
    return known != null
        && step.operator().stores().stream()
            .anyMatch(store -> known.stores().containsKey(step.storeName(store)));
  }

  /** Compares those that get the rows where these lie, such as joins of tables by one key. */
  private void compareWithin(StagePlan stage) {
    stage.localKeys().stream()
        .filter(local -> local.key() == KeptKey.OF_REVISION)
        .distinct()
        .forEach(
            local -> {
              Step reader = stage.steps().get(local.step().index());
              tables(stage, local::equals).forEach(table -> compare(stage, table, stage, reader));
            });
  }

  /** Compares tables that every instance has whole, which lie in topics of theirs. */
  private void compareBroadcasts(StagePlan stage) {
    Manifest.Stage known = deployed.get(stage.name());
    for (int i = 0; known != null && i < stage.steps().size(); i++) {
      Target place = new Target.ToStep(i, 0);
      Optional<Broadcast> written = stage.steps().get(i).operator().writes();
      if (written.isPresent()) {
        String name = written.get().name();
        boolean hasTopic = known.broadcasts().containsKey(name);
        for (Step table : tables(stage, place::equals)) {
          if (isDeployed(stage, table) != hasTopic) {
            misfits.add(
                "broadcast table '"
                    + name
                    + (hasTopic
                        ? "' has rows of another table than '" + table.name() + "', which is new"
                        : "' is new and would miss the rows that table '"
                            + table.name()
                            + "' has already, unless that table begins anew under another name"));
          }
        }
      }
    }
  }

  /** {@return the steps whose tables go to a place, as they are or through steps on tables} */
  private static List<Step> tables(StagePlan from, Predicate<Target> isPlace) {
    boolean[] leads = new boolean[from.steps().size()];
    List<Step> tables = new ArrayList<>();
    // Targets come before the steps that feed them.
    for (int i = 0; i < leads.length; i++) {
      Step step = from.steps().get(i);
      boolean goesThere =
          step.targets().stream()
              .anyMatch(
                  target ->
                      isPlace.test(target)
                          || (target instanceof Target.ToStep next && leads[next.index()]));
      if (goesThere && step.operator() instanceof TableStep) {
        leads[i] = true;
      } else if (goesThere) {
        tables.add(step);
      }
    }
    return tables;
  }

  private static boolean isInto(StagePlan from, Target target, ShuffleEdge edge) {
    return target instanceof Target.ToShuffle shuffle
        && from.outputs().get(shuffle.index()).topic().equals(edge.topic());
  }
}
