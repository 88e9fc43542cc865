package dev.millrace.internal.stage;

import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.plan.Step;
import dev.millrace.internal.plan.Target;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** Stages without state, of jobs that are on no cluster, for tests of what runs in a stage. */
public final class StageSetups {

  private static final UUID JOB = new UUID(1, 2);
  private static final UUID TOPIC = new UUID(3, 4);

  private StageSetups() {}

  /** {@return a job's only stage, which reads a topic and shuffles nothing} */
  public static StageSetup ofTopic(String name, int tasks, List<Step> steps, List<Target> heads) {
    StageInput topic =
        new StageInput.Kafka(
            Specs.of(KafkaSource.strings("topic"), KafkaSourceSpec.class),
            ErrorPolicy.fail(),
            heads);
    StagePlan stage =
        new StagePlan(name, List.of(topic), steps, List.of(), false, OptionalInt.empty());
    return of(
        new PhysicalPlan("job", List.of(stage), List.of()),
        stage,
        0,
        tasks,
        List.of(new StageSetup.Input(topic, TOPIC, 0, null, null, Map.of())),
        List.of());
  }

  /**
   * {@return a stage of a job}
   *
   * @param run the number of the job's run
   */
  public static StageSetup of(
      PhysicalPlan plan,
      StagePlan stage,
      int run,
      int tasks,
      List<StageSetup.Input> inputs,
      List<StageSetup.Output> outputs) {
    return new StageSetup(
        plan,
        JOB,
        0,
        run,
        stage,
        tasks,
        inputs,
        outputs,
        Map.of(),
        StageTables.NONE,
        Optional.empty(),
        Map.of(),
        false);
  }
}
