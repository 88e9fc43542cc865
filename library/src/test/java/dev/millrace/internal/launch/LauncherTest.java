package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.connector.KafkaSource;
import dev.millrace.error.ErrorPolicy;
import dev.millrace.internal.plan.PhysicalPlan;
import dev.millrace.internal.plan.StageInput;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.spec.KafkaSourceSpec;
import dev.millrace.internal.spec.Specs;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageTables;
import dev.millrace.internal.stage.WorkerSetup;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class LauncherTest {

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
  private static final int TASKS = 8 * PROCESSORS;

  private static StageSetup stage(String name) {
    StageInput topic =
        new StageInput.Kafka(
            Specs.of(KafkaSource.strings(name + "-in"), KafkaSourceSpec.class),
            ErrorPolicy.fail(),
            List.of());
    StagePlan stage =
        new StagePlan(name, List.of(topic), List.of(), List.of(), false, OptionalInt.empty());
    return new StageSetup(
        new PhysicalPlan("job", List.of(stage), List.of()),
        new UUID(1, 2),
        0,
        0,
        stage,
        TASKS,
        List.of(new StageSetup.Input(topic, new UUID(3, 4), 0, null, null, Map.of())),
        List.of(),
        Map.of(),
        StageTables.NONE,
        Optional.empty(),
        Map.of(),
        false);
  }

  private static void assertFits(int workers, JobConfig config) {
    WorkerSetup.Limits limits = Launcher.limits(config, List.of(stage("one"), stage("two")));
    long share = config.heapMemoryBytes() / 3 / workers;
    assertThat(limits.transactionBytes()).isEqualTo(share);
    assertThat(limits.combinerBytes()).isEqualTo(share / 2);
  }

  @Test
  void theWorkersThatThereAreShareTheHeap() {
    JobConfig config = JobConfig.defaults().with("heap.memory", "4GB");
    assertFits(2 * PROCESSORS, config);
    assertFits(8 * PROCESSORS, config.with("workers", Integer.toString(4 * PROCESSORS)));
    assertFits(
        PROCESSORS + 3 * PROCESSORS,
        config.with("stage.two.workers", Integer.toString(3 * PROCESSORS)));
    assertFits(PROCESSORS, config.with("stage.two.workers", "0"));
  }
}
