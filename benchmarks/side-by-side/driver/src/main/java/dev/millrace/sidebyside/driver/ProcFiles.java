package dev.millrace.sidebyside.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** The files in which Linux reports on processes and the machine. */
final class ProcFiles {

  /** The kernel counts in hundredths of a second, whatever its own clock. */
  private static final long MS_PER_TICK = 10;

  private ProcFiles() {}

  /** {@return the CPU time of a process with its ended threads, or 0 if it is gone} */
  static long cpuMs(long pid) throws IOException {
    try {
      return cpuMs(Files.readString(Path.of("/proc/" + pid + "/stat")));
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** {@return the most memory that a process had at a time, or 0 if it is gone} */
  static long peakMemoryBytes(long pid) throws IOException {
    try {
      return peakMemoryBytes(Files.readString(Path.of("/proc/" + pid + "/status")));
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** {@return the CPU time that all processors have spent on anything} */
  static long machineBusyMs() throws IOException {
    return machineBusyMs(Files.readString(Path.of("/proc/stat")));
  }

  /** {@return the load average of the last minute} */
  static double loadAverage() throws IOException {
    String line = Files.readString(Path.of("/proc/loadavg"));
    return Double.parseDouble(line.substring(0, line.indexOf(' ')));
  }

  static long cpuMs(String stat) {
    // The name of the program is in brackets and may have blanks.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long user = Long.parseLong(fields[11]);
    long system = Long.parseLong(fields[12]);
    return (user + system) * MS_PER_TICK;
  }

  static long peakMemoryBytes(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElse(0);
  }

  static long machineBusyMs(String stat) {
    String[] fields = stat.lines().findFirst().orElse("").trim().split(" +");
    // cpu user nice system idle iowait irq softirq steal; guests are part of user.
    long all = Arrays.stream(fields, 1, 9).mapToLong(Long::parseLong).sum();
    long idle = Long.parseLong(fields[4]) + Long.parseLong(fields[5]);
    return (all - idle) * MS_PER_TICK;
  }
}
