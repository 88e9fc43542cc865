package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.StageSetups;
import dev.millrace.internal.stage.WorkerSetup;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LauncherTest {

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
  private static final int TASKS = 8 * PROCESSORS;

  private static StageSetup stage(String name) {
    return StageSetups.ofTopic(name, TASKS, List.of(), List.of());
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
