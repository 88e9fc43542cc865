package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.beust.jcommander.JCommander;
import com.beust.jcommander.ParameterException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SupervisionOptionsTest {

  private static boolean forSupervisor(Map<String, String> environment, String... words) {
    SupervisionOptions options = new SupervisionOptions();
    JCommander.newBuilder().addObject(options).build().parse(words);
    return options.areForSupervisor(environment);
  }

  @Test
  void anOptionOrAVariableAsksForASupervisorAndItsChildNeverIsOne() {
    Map<String, String> variable = Map.of("RUNNER_SUPERVISE", "true");
    assertThat(forSupervisor(Map.of())).isFalse();
    assertThat(forSupervisor(Map.of(), "--supervise")).isTrue();
    assertThat(forSupervisor(variable)).isTrue();
    assertThat(forSupervisor(Map.of("RUNNER_SUPERVISE", "false"))).isFalse();
    assertThat(forSupervisor(variable, "--child", "--supervise", "--restarts", "1/1s")).isFalse();
  }

  @Test
  void anOptionOrAVariableHasTheOptionsOfTheInstancesJvm() {
    Map<String, String> variable = Map.of("RUNNER_JVM_OPTIONS", "-Xmx1g");
    assertThat(jvmOptions(Map.of())).isEmpty();
    assertThat(jvmOptions(variable)).contains("-Xmx1g");
    assertThat(jvmOptions(variable, "--supervise", "--jvm-options", "-Xmx2g")).contains("-Xmx2g");
  }

  private static Optional<String> jvmOptions(Map<String, String> environment, String... words) {
    SupervisionOptions options = new SupervisionOptions();
    JCommander.newBuilder().addObject(options).build().parse(words);
    return options.jvmOptions(environment);
  }

  @Test
  void optionsOfNoSupervisorAreRefused() {
    assertThatThrownBy(() -> forSupervisor(Map.of(), "--restarts", "1/1m"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("Add --supervise");
    assertThatThrownBy(() -> forSupervisor(Map.of(), "--spare"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--spare");
  }

  @Test
  void aBudgetIsANumberAndATime() {
    assertThat(RestartBudget.parse("--restarts", "20/10m"))
        .isEqualTo(new RestartBudget(20, Duration.ofMinutes(10)));
    assertThat(RestartBudget.parse("--restarts", "0/1s").restarts()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "20", "/10m", "x/10m", "-1/10m", "20/", "20/10", "20/0s", "9999999/1s"})
  void anythingElseIsNoBudget(String text) {
    assertThatThrownBy(() -> RestartBudget.parse("--restarts", text))
        .isInstanceOf(ParameterException.class)
        .hasMessageStartingWith("Cannot use --restarts " + text)
        .hasMessageEndingWith("20/10m");
  }
}
