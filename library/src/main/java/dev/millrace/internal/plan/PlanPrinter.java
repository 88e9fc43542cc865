package dev.millrace.internal.plan;

import dev.millrace.internal.spec.KafkaSinkSpec;
import dev.millrace.time.TimeDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The printer of plans: as text for people, as JSON for programs, as Mermaid for pictures. */
public final class PlanPrinter {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private PlanPrinter() {}

  /** {@return the plan for people} */
  public static String text(PhysicalPlan plan) {
    StringBuilder out = new StringBuilder("job ").append(plan.job()).append('\n');
    StandingRows rows = StandingRows.of(plan);
    for (StagePlan stage : plan.stages()) {
      out.append("\nstage ").append(stage.name()).append("  (group ").append(plan.group(stage));
      stage.parallelism().ifPresent(tasks -> out.append(", ").append(tasks).append(" tasks"));
      out.append(")\n");
      for (StageInput input : stage.inputs()) {
        out.append("  reads   ")
            .append(describe(input))
            .append(awaited(stage, input, rows))
            .append('\n');
      }
      // Steps are listed targets first; people read the other way.
      for (int i = stage.steps().size() - 1; i >= 0; i--) {
        Step step = stage.steps().get(i);
        out.append("  step    ")
            .append(step.name())
            .append(": ")
            .append(step.operator().describe())
            .append(isLocal(stage, i) ? ", without a shuffle: its keys are in place" : "")
            .append('\n');
        for (String line : step.operator().details()) {
          out.append("          | ").append(line).append('\n');
        }
      }
      for (Broadcast table : stage.lookedUp()) {
        out.append("  has     table ")
            .append(table.name())
            .append(" whole on every instance, from ")
            .append(table.topic())
            .append('\n');
      }
      for (ShuffleEdge edge : stage.outputs()) {
        out.append("  writes  ").append(describe(edge)).append('\n');
      }
      if (stage.keepsChangelog()) {
        out.append("  keeps   ").append(plan.changelog(stage)).append('\n');
      }
    }
    return out.toString();
  }

  /** What has to be there before an input is read for the first time. */
  private static String awaited(StagePlan stage, StageInput input, StandingRows rows) {
    List<String> topics = stage.goesByTimeOf(input) ? rows.topics(stage) : List.of();
    return topics.isEmpty()
        ? ""
        : ", after what stood in " + String.join(", ", topics) + " at the first start";
  }

  /** Whether a keyed step gets records from within its stage. */
  private static boolean isLocal(StagePlan stage, int step) {
    return stage.localKeys().stream().anyMatch(target -> target.step().index() == step);
  }

  private static String describe(StageInput input) {
    if (input instanceof StageInput.Kafka kafka) {
      return "topic "
          + kafka.topic()
          + (kafka.source().isTable() ? " as a table" : "")
          + (kafka.source().times().hasWatermarks()
              ? ", event time with watermarks"
              : ", without watermarks: windows go by processing time");
    }
    if (input instanceof StageInput.Splits splits) {
      return "splits of " + splits.source().name() + " from " + splits.topic();
    }
    return "shuffle " + input.topic();
  }

  private static String describe(ShuffleEdge edge) {
    return "shuffle "
        + edge.topic()
        + (edge.key().isPresent() ? " by " + edge.keyType().getTypeName() : " evenly")
        + (sendsPartials(edge) ? ", partial aggregates" : "")
        + (edge.domain() == TimeDomain.PROCESSING ? ", processing time" : "");
  }

  /** A combiner that is turned off still reads what was sent before it was. */
  private static boolean sendsPartials(ShuffleEdge edge) {
    return edge.combiner().map(ShuffleEdge.CombinerPlan::active).orElse(false);
  }

  /** {@return the plan for programs} */
  public static String json(PhysicalPlan plan) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("job", plan.job());
    List<Object> stages = new ArrayList<>();
    StandingRows rows = StandingRows.of(plan);
    for (StagePlan stage : plan.stages()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", stage.name());
      one.put("group", plan.group(stage));
      one.put("inputs", stage.inputs().stream().map(StageInput::topic).toList());
      if (!rows.topics(stage).isEmpty()) {
        one.put("awaits", rows.topics(stage));
      }
      List<Object> steps = new ArrayList<>();
      for (int i = 0; i < stage.steps().size(); i++) {
        Map<String, Object> step = json(stage.steps().get(i));
        if (isLocal(stage, i)) {
          step.put("shuffled", false);
        }
        steps.add(step);
      }
      one.put("steps", steps);
      one.put("shuffles", stage.outputs().stream().map(PlanPrinter::json).toList());
      one.put("stores", stage.stores());
      if (!stage.lookedUp().isEmpty()) {
        one.put("tables", stage.lookedUp().stream().map(Broadcast::topic).toList());
      }
      if (stage.keepsChangelog()) {
        one.put("changelog", plan.changelog(stage));
      }
      stage.parallelism().ifPresent(tasks -> one.put("parallelism", tasks));
      stages.add(one);
    }
    root.put("stages", stages);
    return JSON.writeValueAsString(root);
  }

  private static Map<String, Object> json(Step step) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("name", step.name());
    one.put("does", step.operator().describe());
    one.put("errors", step.errors().action().name());
    if (!step.operator().details().isEmpty()) {
      one.put("details", step.operator().details());
    }
    step.operator().diagram().ifPresent(diagram -> one.put("diagram", diagram));
    return one;
  }

  private static Map<String, Object> json(ShuffleEdge edge) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("topic", edge.topic());
    one.put("to", edge.to());
    one.put("key", edge.keyType().getTypeName());
    one.put("value", edge.valueType().getTypeName());
    one.put("combined", sendsPartials(edge));
    return one;
  }

  /** {@return the plan as a Mermaid flowchart} */
  public static String mermaid(PhysicalPlan plan) {
    StringBuilder out = new StringBuilder("flowchart LR\n");
    TopicNodes topics = new TopicNodes();
    for (int i = 0; i < plan.stages().size(); i++) {
      StagePlan stage = plan.stages().get(i);
      StringBuilder steps = new StringBuilder(stage.name());
      for (int j = stage.steps().size() - 1; j >= 0; j--) {
        steps.append("<br/>").append(stage.steps().get(j).operator().describe());
      }
      out.append("  s").append(i).append("[\"").append(steps).append("\"]\n");
      for (StageInput input : stage.inputs()) {
        if (input instanceof StageInput.Shuffled shuffled) {
          out.append("  s")
              .append(index(plan, shuffled.edge().from()))
              .append(" -->|")
              .append(input.topic())
              .append("| s")
              .append(i)
              .append('\n');
        } else {
          out.append("  ").append(topics.of(input.topic())).append(" --> s").append(i).append('\n');
        }
      }
      for (Broadcast table : stage.lookedUp()) {
        out.append("  ");
        if (table.ofUser().isPresent()) {
          out.append(topics.of(table.topic()));
        } else {
          out.append('s').append(plan.stages().indexOf(plan.writerOf(table)));
        }
        out.append(" -.->|").append(table.name()).append("| s").append(i).append('\n');
      }
      for (KafkaSinkSpec sink : stage.kafkaSinks()) {
        out.append("  s").append(i).append(" --> ").append(topics.of(sink.topic())).append('\n');
      }
    }
    return out.toString();
  }

  /** The nodes of a flowchart for topics: one for each, however many stages read or write it. */
  private static final class TopicNodes {

    private final Map<String, Integer> numbers = new HashMap<>();

    String of(String topic) {
      Integer number = numbers.computeIfAbsent(topic, each -> numbers.size());
      return "t" + number + "[(\"" + topic + "\")]";
    }
  }

  private static int index(PhysicalPlan plan, String stage) {
    return plan.stages().indexOf(plan.stage(stage));
  }
}
