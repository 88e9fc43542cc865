package dev.millrace.internal.meta;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.kafka.KafkaClients;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class MetaTopicTest {

  private static final TopicPartition PARTITION = new TopicPartition("job.meta", 0);

  /** With another consumer each refresh waits for the fetch that the one before has left. */
  @Test
  void theReaderIsOneForRefreshes() {
    MockConsumer<byte[], byte[]> refreshing = new MockConsumer<>("none");
    refreshing.updateBeginningOffsets(Map.of(PARTITION, 0L));
    refreshing.updateEndOffsets(Map.of(PARTITION, 0L));
    KafkaClients clients =
        (KafkaClients)
            Proxy.newProxyInstance(
                KafkaClients.class.getClassLoader(),
                new Class<?>[] {KafkaClients.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("refreshConsumer")) {
                    return refreshing;
                  }
                  throw new UnsupportedOperationException(method.getName());
                });
    try (MetaTopic meta = new MetaTopic(clients, "job.meta", "client")) {
      // The topic may not exist yet.
      assertThat(refreshing.assignment()).isEmpty();
      meta.refresh();
      assertThat(refreshing.assignment()).containsExactly(PARTITION);
      assertThat(meta.manifest()).isEmpty();
    }
    assertThat(refreshing.closed()).isTrue();
  }
}
