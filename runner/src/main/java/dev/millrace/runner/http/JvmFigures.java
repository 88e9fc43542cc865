package dev.millrace.runner.http;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.RuntimeMXBean;
import java.lang.management.ThreadMXBean;

/** The figures of this JVM, under the names that dashboards for JVMs know. */
final class JvmFigures {

  private JvmFigures() {}

  /** Adds them. */
  static void addTo(Figures figures) {
    addMemory(figures, "heap", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage());
    addMemory(figures, "nonheap", ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage());
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      figures.gauge(
          "jvm_buffer_pool_used_bytes",
          "Memory of buffers outside of the heap",
          (double) pool.getMemoryUsed(),
          "pool",
          pool.getName());
    }
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      figures.counter(
          "jvm_gc_collections",
          "Collections of garbage",
          (double) Math.max(0, collector.getCollectionCount()),
          "gc",
          collector.getName());
      figures.counter(
          "jvm_gc_collection_seconds",
          "Time spent collecting garbage",
          Math.max(0, collector.getCollectionTime()) / 1e3,
          "gc",
          collector.getName());
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    figures.gauge("jvm_threads_current", "Threads", threads.getThreadCount());
    figures.gauge(
        "jvm_threads_daemon", "Threads that keep no process", threads.getDaemonThreadCount());
    figures.gauge("jvm_threads_peak", "Threads at most so far", threads.getPeakThreadCount());
    figures.gauge(
        "jvm_classes_currently_loaded",
        "Classes loaded",
        ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
    addProcess(figures);
  }

  private static void addMemory(Figures figures, String area, MemoryUsage usage) {
    figures.gauge("jvm_memory_used_bytes", "Memory in use", (double) usage.getUsed(), "area", area);
    figures.gauge(
        "jvm_memory_committed_bytes",
        "Memory taken from the system",
        (double) usage.getCommitted(),
        "area",
        area);
    figures.gauge(
        "jvm_memory_max_bytes", "The limit; -1 is none", (double) usage.getMax(), "area", area);
  }

  private static void addProcess(Figures figures) {
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    figures.gauge(
        "process_start_time_seconds",
        "When the process was started, since 1970",
        runtime.getStartTime() / 1e3);
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      figures.counter(
          "process_cpu_seconds",
          "Time on processors, in all threads",
          Math.max(0, system.getProcessCpuTime()) / 1e9);
    }
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.UnixOperatingSystemMXBean system) {
      figures.gauge(
          "process_open_fds",
          "Files and connections that are open",
          (double) system.getOpenFileDescriptorCount());
      figures.gauge(
          "process_max_fds", "How many may be", (double) system.getMaxFileDescriptorCount());
    }
  }
}
