package dev.millrace.runner.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DevBrokerTest {

  @Test
  void theEndOfTheLogIsWhatTheBrokerSaysNotWhereInTheCodeItIs() {
    List<String> log = new ArrayList<>(List.of("started", "Failed to acquire lock on file .lock"));
    for (int i = 0; i < 30; i++) {
      log.add("\tat kafka.log.LogManager.lockLogDirs(LogManager.scala:" + i + ")");
    }
    log.add("Cannot start the broker: the directory is in use");
    assertThat(DevBroker.end(log))
        .isEqualTo(
            "started\n"
                + "Failed to acquire lock on file .lock\n"
                + "Cannot start the broker: the directory is in use");
  }

  @Test
  void theEndOfALongLogIsShort() {
    assertThat(DevBroker.end(List.of("a\n".repeat(100).split("\n"))).lines()).hasSize(15);
  }
}
