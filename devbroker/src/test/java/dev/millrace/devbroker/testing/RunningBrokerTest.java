package dev.millrace.devbroker.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.devbroker.DevBrokerException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RunningBrokerTest {

  private static final ContainerEngine NONE = new FixedEngine("no engine", "");
  private static final ContainerEngine WITHOUT_IMAGE = new FixedEngine("", "pull failed");
  private static final ContainerEngine WORKING = new FixedEngine("", "");

  @Test
  void aContainerWithoutAnEngineFails() {
    assertThatThrownBy(() -> RunningBroker.open(new BrokerChoice.Container(), NONE))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("no engine")
        .hasMessageContaining("test.broker=container")
        .hasMessageContaining("-Dtest.broker=embedded");
  }

  @Test
  void aContainerWithoutAnEngineFailsOnThisMachineToo() {
    ContainerEngine engine = DockerEngine.find();
    assumeTrue(engine.unavailable().isPresent(), "a Docker engine answers here");
    assertThatThrownBy(() -> TestBroker.open("container"))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("no Docker engine answers");
  }

  @Test
  void aContainerWhoseImageIsMissingFails() {
    assertThatThrownBy(() -> RunningBroker.open(new BrokerChoice.Container(), WITHOUT_IMAGE))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("pull failed");
  }

  @Test
  void autoTakesTheContainerWhereOneStarts() {
    RunningBroker broker = RunningBroker.open(new BrokerChoice.Auto(), WORKING);
    assertThat(broker.bootstrapServers()).isEqualTo("container:9092");
  }

  @Test
  void autoSaysWhyItIsEmbedded() {
    RunningBroker withoutEngine = RunningBroker.open(new BrokerChoice.Auto(), NONE);
    withoutEngine.stop().run();
    assertThat(withoutEngine.description()).startsWith("embedded").contains("no engine");
    RunningBroker withoutImage = RunningBroker.open(new BrokerChoice.Auto(), WITHOUT_IMAGE);
    withoutImage.stop().run();
    assertThat(withoutImage.description()).startsWith("embedded").contains("pull failed");
  }

  @Test
  void anExternalBrokerIsTakenAsItIs() {
    RunningBroker broker = RunningBroker.open(BrokerChoice.parse("external:a:1,b:2"), NONE);
    assertThat(broker.bootstrapServers()).isEqualTo("a:1,b:2");
    broker.stop().run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"docker", "external:", "external:host", "external::1"})
  void anUnknownChoiceIsNamed(String choice) {
    assertThatThrownBy(() -> BrokerChoice.parse(choice))
        .isInstanceOf(DevBrokerException.class)
        .hasMessageContaining("test.broker=" + choice);
  }

  /** An engine that gives the same answers always; an empty reason stands for success. */
  private record FixedEngine(String noEngine, String noStart) implements ContainerEngine {

    @Override
    public Optional<String> unavailable() {
      return noEngine.isEmpty() ? Optional.empty() : Optional.of(noEngine);
    }

    @Override
    public RunningBroker start(Map<String, String> serverProperties) {
      assertThat(serverProperties).containsEntry("auto.create.topics.enable", "false");
      if (!noStart.isEmpty()) {
        throw new IllegalStateException("cannot start", new IllegalStateException(noStart));
      }
      return new RunningBroker("container", "container:9092", () -> {});
    }
  }
}
