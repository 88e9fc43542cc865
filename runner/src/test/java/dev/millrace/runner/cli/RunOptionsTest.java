package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.beust.jcommander.JCommander;
import dev.millrace.config.JobConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RunOptionsTest {

  private static JobConfig config(String... words) {
    RunOptions options = new RunOptions();
    JCommander.newBuilder().addObject(options).build().parse(words);
    JobConfig config = JobConfig.defaults();
    for (Map.Entry<String, String> setting : options.settings().entrySet()) {
      config = config.with(setting.getKey(), setting.getValue());
    }
    return config;
  }

  @Test
  void lossesAreAcceptedByNameOnly() {
    assertThat(config().acceptsTruncation()).isFalse();
    assertThat(config().acceptsDeletion()).isFalse();
    JobConfig truncation = config("--accept-truncation");
    assertThat(truncation.acceptsTruncation()).isTrue();
    assertThat(truncation.acceptsDeletion()).isFalse();
    JobConfig deletion = config("--accept-deletion");
    assertThat(deletion.acceptsTruncation()).isFalse();
    assertThat(deletion.acceptsDeletion()).isTrue();
  }

  @Test
  void whatIsDroppedIsGivenOneByOne() {
    assertThat(config().drops()).isEmpty();
    assertThat(config("--drop", "lengths", "--drop", "sums/sums.count").drops())
        .containsExactlyInAnyOrder("lengths", "sums/sums.count");
  }

  @Test
  void theAddressOfTheServerIsASetting() {
    assertThat(config().httpAddress()).isEqualTo("auto");
    assertThat(config("--http", "off").httpAddress()).isEqualTo("off");
    assertThat(config("--http", "127.0.0.1:0").httpAddress()).isEqualTo("127.0.0.1:0");
  }
}
