package dev.millrace.sidebyside.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngineTaskTest {

  @Test
  void commandLineCarriesEverything() {
    EngineTask task =
        new EngineTask(
            "flink-heap",
            WordJob.WINDOW_COUNT,
            Goal.LATENCY,
            Tuning.DEFAULTS,
            "localhost:1,localhost:2",
            "run-1",
            "in",
            "out",
            3,
            2,
            Path.of("/some where"),
            Map.of("a.b", "c=d", "e", ""));
    assertThat(EngineTask.parse(task.toWords().toArray(new String[0]))).isEqualTo(task);
  }

  @Test
  void workloadIsOneOfEitherKind() {
    assertThat(Workload.named("WINDOW_COUNT")).isEqualTo(WordJob.WINDOW_COUNT);
    assertThat(Workload.named("Q5")).isEqualTo(Query.Q5);
    assertThatThrownBy(() -> Workload.named("Q4"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("workload=Q4");
  }

  @Test
  void missingWordIsNamed() {
    assertThatThrownBy(() -> EngineTask.parse("engine=x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key=workload");
  }

  @Test
  void wordWithoutValueIsNamed() {
    assertThatThrownBy(() -> EngineTask.parse("engine"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("word=engine");
  }
}
