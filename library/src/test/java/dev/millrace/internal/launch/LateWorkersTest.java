package dev.millrace.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Job;
import dev.millrace.connector.KafkaSink;
import dev.millrace.connector.KafkaSource;
import dev.millrace.internal.launch.FaultyClients.Call;
import dev.millrace.internal.state.disk.InstanceSlot;
import dev.millrace.internal.state.store.StateStores;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Workers that need longer for their end than their instance waits for them. */
final class LateWorkersTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private final FaultyInstance rig = new FaultyInstance();
  private final CountDownLatch leaving = new CountDownLatch(1);
  private final CountDownLatch answered = new CountDownLatch(1);
  private final AtomicReference<Thread> worker = new AtomicReference<>();
  private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();

  /** Native code does not survive a store that is used, or closed, after what it shares. */
  @Test
  void whatAWorkerMayUseStaysOpenUntilItHasEnded() throws Exception {
    rig.configure("membership", "consumer");
    rig.configure("workers", "1");
    rig.wrapDisk(disk -> noting(StateStores.class, disk));
    rig.wrapPlace(place -> noting(InstanceSlot.class, place));
    Job job = Job.named("job");
    job.source(KafkaSource.strings("in")).to(KafkaSink.strings("out"));
    Instance instance = rig.assemble(job);
    rig.clients.inject(this::leavingWithoutAnAnswer);
    instance.requestStop();
    new InstanceThreads(instance, "job", LONG, Duration.ofMillis(1)).start();
    assertThat(instance.awaitEnd(LONG)).as("it does not wait for the worker").isTrue();
    assertThat(closed).isEmpty();
    answered.countDown();
    assertThat(closed.poll(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("StateStores");
    assertThat(closed.poll(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("InstanceSlot");
  }

  /** The simulated cluster has one thread at a time: all others wait until the worker does. */
  private Object leavingWithoutAnAnswer(Call call) throws InterruptedException {
    if (call.equals(new Call("stage", "unsubscribe"))) {
      worker.set(Thread.currentThread());
      leaving.countDown();
      answered.await();
    } else if (Thread.currentThread().getName().equals("job-care")) {
      leaving.await();
    }
    return null;
  }

  private <T> T noting(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                closed.add(type.getSimpleName() + (isWorkerAlive() ? " under a worker" : ""));
              }
              try {
                return method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private boolean isWorkerAlive() {
    Thread thread = worker.get();
    return thread == null || thread.isAlive();
  }
}
