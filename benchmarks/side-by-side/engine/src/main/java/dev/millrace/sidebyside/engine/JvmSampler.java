package dev.millrace.sidebyside.engine;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A thread that reports the time of garbage collections and the bytes that all threads have
 * allocated.
 *
 * <p>What a thread allocates between its last sample and its end is missed; an engine's threads
 * live long.
 */
final class JvmSampler {

  private static final long PERIOD_MS = 250;

  private final com.sun.management.ThreadMXBean threads =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final List<GarbageCollectorMXBean> collectors =
      ManagementFactory.getGarbageCollectorMXBeans();

  /** The bytes of each thread by its id, those of ended threads included. */
  private final Map<Long, Long> allocatedBytes = new HashMap<>();

  private JvmSampler() {}

  static void start() {
    JvmSampler sampler = new JvmSampler();
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "jvm-sampler");
              thread.setDaemon(true);
              return thread;
            });
    timer.scheduleAtFixedRate(sampler::sample, 0, PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  private void sample() {
    long[] ids = threads.getAllThreadIds();
    long[] bytes = threads.getThreadAllocatedBytes(ids);
    for (int i = 0; i < ids.length; i++) {
      if (bytes[i] > 0) {
        allocatedBytes.put(ids[i], bytes[i]);
      }
    }
    long gcMs = collectors.stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum();
    long total = allocatedBytes.values().stream().mapToLong(Long::longValue).sum();
    EngineMain.report("jvm " + System.currentTimeMillis() + " " + gcMs + " " + total);
  }
}
