package dev.millrace.runner.cli;

import dev.millrace.admin.InstanceState;
import dev.millrace.admin.JobStatus;
import dev.millrace.runner.host.HostedJob;
import dev.millrace.runner.host.NoStatusException;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One line on a terminal that is written over: state to be restored; for a bounded run also how far
 * it is.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class ProgressLine implements AutoCloseable {

  private final HostedJob job;
  private final boolean bounded;
  private final PrintStream err;
  private final Map<String, Long> firstOffsets = new HashMap<>();
  private int shown;
  private long lastRecords;
  private long lastNanos = System.nanoTime();

  ProgressLine(HostedJob job, PrintStream err) {
    this.job = job;
    this.bounded = job.config().untilEnd();
    this.err = err;
  }

  /** Looks at the whole job, so the line is the same on all instances. */
  void update() {
    if (!bounded && job.state() != InstanceState.STARTING && shown == 0) {
      return;
    }
    try {
      show(text(job.status().status()));
    } catch (NoStatusException | RuntimeException e) {
      // Whatever it is, also the client's own where brokers go away during the look: the job goes
      // on, and will report it itself if it matters.
      show("");
    }
  }

  private String text(JobStatus status) {
    long restore = status.restoreRemaining();
    if (restore > 0) {
      return String.format(Locale.ROOT, "restoring state, %,d records left", restore);
    }
    if (!bounded) {
      return "";
    }
    long records = 0;
    long done = 0;
    long all = 0;
    for (JobStatus.Stage stage : status.stages()) {
      if (stage.isSource()) {
        records += stage.counters().recordsIn();
        for (JobStatus.Input input : stage.inputs()) {
          long committed = input.committed().orElse(0);
          String partition = stage.name() + " " + input.topic() + "-" + input.partition();
          long first = firstOffsets.computeIfAbsent(partition, absent -> committed);
          done += committed - first;
          all += Math.max(committed, input.end().orElse(committed)) - first;
        }
      }
    }
    return String.format(
        Locale.ROOT, "%3d %%  %,d records/s", all == 0 ? 100 : done * 100 / all, rate(records));
  }

  private long rate(long records) {
    long now = System.nanoTime();
    long perSecond = (records - lastRecords) * 1_000_000_000L / Math.max(1, now - lastNanos);
    lastRecords = records;
    lastNanos = now;
    return Math.max(0, perSecond);
  }

  private void show(String text) {
    err.print("\r" + text + " ".repeat(Math.max(0, shown - text.length())) + "\r" + text);
    err.flush();
    shown = text.length();
  }

  @Override
  public void close() {
    if (shown > 0) {
      show("");
    }
  }
}
