package dev.millrace.internal.kafka;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTransactionsResult;
import org.apache.kafka.clients.admin.ListTransactionsResult;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.admin.internals.CoordinatorKey;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.jspecify.annotations.Nullable;

/**
 * A broker's admin client, but for what is claimed of transactions: that they are complete although
 * they are open.
 */
public final class ClaimingAdmin implements InvocationHandler {

  private final Admin real;
  private final Map<String, TransactionState> claimed;
  private final IntSupplier endsSince;

  private ClaimingAdmin(Admin real, Map<String, TransactionState> claimed, IntSupplier endsSince) {
    this.real = real;
    this.claimed = claimed;
    this.endsSince = endsSince;
  }

  /**
   * {@return the client}
   *
   * @param claimed the states of transactions by their ids, which may change
   * @param endsSince by how many ends of transactions the coordinator is ahead of the records
   */
  public static Admin of(Admin real, Map<String, TransactionState> claimed, IntSupplier endsSince) {
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            new ClaimingAdmin(real, claimed, endsSince));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    Object answer = method.invoke(real, arguments);
    return switch (method.getName()) {
      case "describeTransactions" ->
          claim((DescribeTransactionsResult) answer, (Collection<?>) arguments[0]);
      case "listTransactions" -> claim((ListTransactionsResult) answer);
      default -> answer;
    };
  }

  private DescribeTransactionsResult claim(DescribeTransactionsResult answer, Collection<?> ids)
      throws ReflectiveOperationException {
    Map<CoordinatorKey, KafkaFuture<TransactionDescription>> answers = new HashMap<>();
    for (Object id : ids) {
      answers.put(
          CoordinatorKey.byTransactionalId((String) id),
          answer.description((String) id).thenApply(found -> claim(found, claimed.get(id))));
    }
    return made(DescribeTransactionsResult.class, answers);
  }

  private ListTransactionsResult claim(ListTransactionsResult answer) throws Exception {
    KafkaFutureImpl<Collection<TransactionListing>> listings = new KafkaFutureImpl<>();
    listings.complete(
        answer.all().get().stream()
            .map(
                each ->
                    new TransactionListing(
                        each.transactionalId(),
                        each.producerId(),
                        claimed.getOrDefault(each.transactionalId(), each.state())))
            .toList());
    return made(ListTransactionsResult.class, KafkaFuture.completedFuture(Map.of(0, listings)));
  }

  /** The only constructor of such a result belongs to Kafka's package. */
  private static <T> T made(Class<T> type, Object content) throws ReflectiveOperationException {
    Constructor<?> constructor = type.getDeclaredConstructors()[0];
    constructor.setAccessible(true);
    return type.cast(constructor.newInstance(content));
  }

  private TransactionDescription claim(
      TransactionDescription found, @Nullable TransactionState claim) {
    return claim == null
        ? found
        : new TransactionDescription(
            found.coordinatorId(),
            claim,
            found.producerId(),
            found.producerEpoch() + endsSince.getAsInt(),
            found.transactionTimeoutMs(),
            OptionalLong.empty(),
            Set.of());
  }
}
