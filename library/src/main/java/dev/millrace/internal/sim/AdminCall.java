package dev.millrace.internal.sim;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * A call of an admin client: answers key by key, with what goes wrong.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class AdminCall {

  private final String name;
  private final AdminFault fault;
  private final boolean forbidden;

  private AdminCall(String name, AdminFault fault, boolean forbidden) {
    this.name = name;
    this.fault = fault;
    this.forbidden = forbidden;
  }

  /** {@return a call of this name, as the admin interface spells it} */
  static AdminCall begin(SimKafka kafka, String name) {
    ClusterFaults faults = kafka.clusterFaults();
    return new AdminCall(name, faults.ofAdminCall(name), faults.isForbidden(name));
  }

  /**
   * {@return the answers}
   *
   * @param answer does what is asked for one key
   */
  <K, V> Map<K, KafkaFuture<V>> answers(
      Collection<? extends K> keys, Function<K, KafkaFuture<V>> answer) {
    Map<K, KafkaFuture<V>> answers = new HashMap<>();
    int number = 0;
    for (K key : keys) {
      answers.put(key, answer(number++, keys.size(), () -> answer.apply(key)));
    }
    return answers;
  }

  /** {@return the answer to a call that is about one thing only} */
  <V> KafkaFuture<V> answer(Supplier<KafkaFuture<V>> answer) {
    return answer(0, 1, answer);
  }

  private <V> KafkaFuture<V> answer(int number, int count, Supplier<KafkaFuture<V>> answer) {
    if (forbidden) {
      return AdminResults.failed(
          new ClusterAuthorizationException("Cluster authorization failed."));
    }
    switch (fault) {
      case NONE -> {
        return answer.get();
      }
      case HALF_DONE -> {
        if (number < count / 2) {
          return answer.get();
        }
      }
      case ANSWER_LOST -> {
        KafkaFuture<V> ignored = answer.get();
      }
      case NOT_DONE -> {}
    }
    return AdminResults.failed(new TimeoutException("Call(callName=" + name + ") timed out"));
  }
}
