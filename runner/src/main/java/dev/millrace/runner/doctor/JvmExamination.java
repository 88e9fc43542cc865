package dev.millrace.runner.doctor;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * The examination of this JVM, whose options a job's may share.
 *
 * <p><b>Threads.</b> Stateless.
 */
final class JvmExamination {

  private static final String JVM = "jvm";
  private static final long MB = 1 << 20;
  private static final long LITTLE_HEAP_BYTES = 128 * MB;
  private static final long FEW_FILES = 4_096;

  private JvmExamination() {}

  static List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        heap(
            System.getProperty("java.vm.name") + " " + System.getProperty("java.version"),
            Runtime.getRuntime().availableProcessors(),
            Runtime.getRuntime().maxMemory()));
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      findings.add(files(system.getMaxFileDescriptorCount()));
    }
    return findings;
  }

  static Finding heap(String version, int processors, long heapBytes) {
    String text =
        version
            + ", "
            + processors
            + (processors == 1 ? " processor, " : " processors, ")
            + heapBytes / MB
            + " MB of heap at most";
    return heapBytes < LITTLE_HEAP_BYTES
        ? Finding.warn(JVM, text, "Start a job with -Xmx512m or more")
        : Finding.ok(JVM, text);
  }

  static Finding files(long most) {
    String text = most + " files and connections may be open at once";
    return most < FEW_FILES
        ? Finding.warn(
            JVM, text, "Each store has some hundred: raise it (ulimit -n 65536, LimitNOFILE)")
        : Finding.ok(JVM, text);
  }
}
