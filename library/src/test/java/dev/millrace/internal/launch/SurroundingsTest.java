package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JobConfig;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.disk.JobIdentity;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SurroundingsTest {

  private static final JobIdentity JOB = new JobIdentity("job", new UUID(1, 2), 0);

  @Test
  void anInstanceWithANameIsTheSameOnAnotherDisk(@TempDir Path one, @TempDir Path other) {
    JobConfig named = JobConfig.defaults().with("instance.id", "blue");
    assertThat(instance8(named, one)).isEqualTo(instance8(named, other));
    JobConfig unnamed = JobConfig.defaults();
    assertThat(instance8(unnamed, one)).isNotEqualTo(instance8(unnamed, other));
  }

  @Test
  void copiesThatShareADiskAndItsSettingsAreNotTheSame(@TempDir Path stateDir) {
    Surroundings real =
        Surroundings.real(
            JobConfig.defaults()
                .with("instance.id", "blue")
                .with("state.dir", stateDir.toString()));
    try (InstanceSlot one = real.slots().apply(JOB);
        InstanceSlot other = real.slots().apply(JOB)) {
      assertThat(one.instance8()).isNotEqualTo(other.instance8());
    }
  }

  private static String instance8(JobConfig config, Path stateDir) {
    Surroundings real = Surroundings.real(config.with("state.dir", stateDir.toString()));
    try (InstanceSlot slot = real.slots().apply(JOB)) {
      return slot.instance8();
    }
  }
}
