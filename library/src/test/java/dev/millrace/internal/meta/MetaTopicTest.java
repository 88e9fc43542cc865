package dev.millrace.internal.meta;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.kafka.KafkaClients;
import java.lang.reflect.Proxy;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.junit.jupiter.api.Test;

final class MetaTopicTest {

  /** With another consumer each refresh waits for the fetch that the one before has left. */
  @Test
  void theReaderIsOneForRefreshes() {
    MockConsumer<byte[], byte[]> refreshing = new MockConsumer<>("none");
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
      assertThat(refreshing.assignment()).hasSize(1);
      assertThat(meta.manifest()).isEmpty();
    }
    assertThat(refreshing.closed()).isTrue();
  }
}
