package dev.millrace.devbroker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three brokers, each a process of its own. */
final class ChildClusterTest {

  @Test
  @Tag("slow")
  void nodesGoAndComeWhileTheClusterGoesOn() throws Exception {
    Path data;
    try (ChildCluster kafka = ChildCluster.start(ChildOptions.of(BrokerOptions.threeNodes()))) {
      data = kafka.dataDirectory();
      String servers = kafka.bootstrapServers();
      assertThat(servers.split(",")).hasSize(3).doesNotHaveDuplicates();
      List<Long> first = IntStream.range(0, 3).mapToObj(kafka::pid).toList();
      assertThat(first).doesNotHaveDuplicates();
      RoundTrip.createTopic(servers, "words");
      RoundTrip.commitAndAbort(servers, "words", "with three", "unseen");
      kafka.kill(0);
      assertThat(kafka.isAlive(0)).isFalse();
      assertThat(kafka.isAlive(1)).isTrue();
      RoundTrip.commitAndAbort(servers, "words", "with two", "unseen");
      kafka.suspend(1);
      assertThat(kafka.isAlive(1)).isTrue();
      kafka.resume(1);
      kafka.restart(0);
      assertThat(kafka.pid(0)).isNotEqualTo(first.get(0));
      assertThat(kafka.pid(2)).isEqualTo(first.get(2));
      RoundTrip.assertCommitted(servers, "words", "with three", "with two");
    }
    assertThat(data).doesNotExist();
  }

  @Test
  void aSingleNodeIsRefused() {
    ChildOptions options = ChildOptions.of(BrokerOptions.singleNode());
    assertThatThrownBy(() -> ChildCluster.start(options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("threeNodes");
  }
}
