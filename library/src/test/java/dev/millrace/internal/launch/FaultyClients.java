package dev.millrace.internal.launch;

import dev.millrace.internal.kafka.CommitMarker;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.StageMember;
import dev.millrace.internal.sim.SimClients;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;

/** Clients of a simulated process whose calls fail as a test says. */
public final class FaultyClients implements KafkaClients {

  /** Decides on calls. */
  public interface Faults {

    Faults NONE = call -> null;

    /**
     * Throws what the call is to fail with.
     *
     * @return what the call answers in place of the cluster; null for the cluster's own answer
     */
    Object answer(Call call) throws Throwable;

    /** As {@link #answer(Call)}, for those that look at the arguments. */
    default Object answer(Call call, Object[] arguments) throws Throwable {
      return answer(call);
    }

    /** {@return the failure of all calls of a method, of whatever client} */
    static Faults throwing(String method, Supplier<? extends RuntimeException> failure) {
      return call -> {
        if (call.method().equals(method)) {
          throw failure.get();
        }
        return null;
      };
    }

    /** {@return what decides on calls by their arguments, and on no others} */
    static Faults byArguments(ByArguments faults) {
      return new Faults() {
        @Override
        public Object answer(Call call) {
          return null;
        }

        @Override
        public Object answer(Call call, Object[] arguments) throws Throwable {
          return faults.answer(call, arguments);
        }
      };
    }
  }

  /** Decides on calls by their arguments, which are null if there are none. */
  public interface ByArguments {

    /** As {@link Faults#answer(Call)}. */
    Object answer(Call call, Object[] arguments) throws Throwable;
  }

  /**
   * A call of a client.
   *
   * @param client "admin", "producer", "stage", "restore" or "reader"; "clients" makes them
   * @param method the method's name
   */
  public record Call(String client, String method) {}

  private final SimClients clients;
  private Faults faults = Faults.NONE;

  /** Creates the clients of a process, of which none fails yet. */
  public FaultyClients(SimClients clients) {
    this.clients = clients;
  }

  /** Decides on the calls from now on. */
  public void inject(Faults newFaults) {
    faults = newFaults;
  }

  SimClients simulated() {
    return clients;
  }

  @Override
  public Consumer<byte[], byte[]> stageConsumer(
      String groupId,
      String clientId,
      Optional<String> groupInstanceId,
      StageMember member,
      int workersOnInstance) {
    try {
      Object ignored = faults.answer(new Call("clients", "stageConsumer"));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return consumer(
        "stage",
        clients.stageConsumer(groupId, clientId, groupInstanceId, member, workersOnInstance));
  }

  @Override
  @SuppressWarnings("unchecked")
  public Producer<byte[], byte[]> transactionalProducer(
      String transactionalId, String clientId, String compression) {
    return wrapped(
        Producer.class,
        "producer",
        clients.transactionalProducer(transactionalId, clientId, compression));
  }

  @Override
  @SuppressWarnings("unchecked")
  public Producer<byte[], byte[]> plainProducer(String clientId, String compression) {
    return wrapped(Producer.class, "producer", clients.plainProducer(clientId, compression));
  }

  @Override
  public Consumer<byte[], byte[]> restoreConsumer(String clientId) {
    return consumer("restore", clients.restoreConsumer(clientId));
  }

  @Override
  public Consumer<byte[], byte[]> readerConsumer(String clientId, IsolationLevel isolation) {
    return consumer("reader", clients.readerConsumer(clientId, isolation));
  }

  @Override
  public Consumer<byte[], byte[]> refreshConsumer(String clientId) {
    return consumer("reader", clients.refreshConsumer(clientId));
  }

  @Override
  public void writeCommitMarkers(Node leader, List<CommitMarker> markers) {
    clients.writeCommitMarkers(leader, markers);
  }

  @Override
  public Admin admin() {
    return wrapped(Admin.class, "admin", clients.admin());
  }

  @Override
  public void close() {
    clients.close();
  }

  @SuppressWarnings("unchecked")
  private Consumer<byte[], byte[]> consumer(String name, Consumer<byte[], byte[]> consumer) {
    return wrapped(Consumer.class, name, consumer);
  }

  private <T> T wrapped(Class<T> type, String client, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Object answer = faults.answer(new Call(client, method.getName()), arguments);
              return answer != null ? answer : called(target, method, arguments);
            }));
  }

  private static Object called(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
