package dev.millrace.devbroker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BrokerArgumentsTest {

  @Test
  void withoutOptionsItIsOneNodeOnKafkasPort() {
    BrokerArguments arguments = BrokerArguments.parse(List.of());
    assertThat(arguments.broker()).isEqualTo(BrokerOptions.singleNode().withPort(9092));
    assertThat(arguments.flags()).isEmpty();
  }

  @Test
  void whatIsWrittenForAChildIsReadBackByIt() {
    BrokerArguments arguments =
        new BrokerArguments(
            BrokerOptions.threeNodes()
                .withPort(19092)
                .withDataDirectory(Path.of("some dir"))
                .withExistingData(BrokerOptions.ExistingData.DELETE)
                .withServerProperty("a.b", "c=d"),
            Set.of(
                BrokerArguments.Flag.EXIT_WITH_PARENT,
                BrokerArguments.Flag.DELETE_DATA_WITH_PARENT),
            Optional.of(new ClusterPart(2, List.of(20001, 20005, 20003))),
            Optional.of(Path.of("x.jsa")));
    assertThat(BrokerArguments.parse(arguments.toWords())).isEqualTo(arguments);
  }

  @ParameterizedTest
  @CsvSource({
    "--brokers 2, nodes=2",
    "--brokers many, value=many",
    "--port 70000, port=70000",
    "--port, lacks its value",
    "--set key, value=key",
    "--node 3 --controller-ports 1;2;3, node=3",
    "--colour, option=--colour",
  })
  void aWrongOptionIsNamed(String line, String expected) {
    assertThatThrownBy(() -> BrokerArguments.parse(List.of(line.replace(';', ',').split(" "))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(expected);
  }
}
