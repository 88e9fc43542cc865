package dev.millrace.internal.launch;

import dev.millrace.config.JobConfig;
import dev.millrace.config.StateStoreKind;
import dev.millrace.internal.kafka.DefaultKafkaClients;
import dev.millrace.internal.meta.MetaTopic;
import dev.millrace.internal.rocksdb.RocksDbStateStores;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The loading of what a start needs later on this machine, on a thread of its own: large classes
 * are set up, and the native library of the stores is loaded. It begins with the start: hundreds of
 * classes of Kafka's protocol alone keep a client's first request from being sent.
 *
 * <p>Nothing depends on it. What fails here fails again where it is needed, and is reported there.
 *
 * <p><b>Threads.</b> Safe for any thread.
 */
final class EarlyLoading {

  private static final Logger LOGGER = LoggerFactory.getLogger(EarlyLoading.class);

  private EarlyLoading() {}

  /** Begins to load, and does not wait for it. */
  static void begin(String job, JobConfig config) {
    Thread ignored = begin(job, steps(config));
  }

  /** {@return the thread that takes these steps, which has been started} */
  static Thread begin(String job, List<Runnable> steps) {
    Thread thread = new Thread(() -> load(steps), job + "-load");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** {@return the steps, in the order in which a start needs them} */
  static List<Runnable> steps(JobConfig config) {
    List<Runnable> steps =
        new ArrayList<>(
            List.of(DefaultKafkaClients::prepare, MetaTopic::prepare, ConsumerConfig::configDef));
    if (config.stateStore() != StateStoreKind.MEMORY) {
      steps.add(() -> RocksDbStateStores.prepare(config.stateDir()));
    }
    steps.add(ProducerConfig::configDef);
    return steps;
  }

  private static void load(List<Runnable> steps) {
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException | LinkageError e) {
        LOGGER.atDebug().setCause(e).log("Something could not be loaded early");
      }
    }
  }
}
