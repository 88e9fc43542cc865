package dev.millrace.runner.supervise;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * The way of a child's stderr to that of its parent: bytes pass as they come, reports are taken
 * out, and the last lines are kept.
 *
 * <p><b>Threads.</b> {@link #run} is one thread's; {@link #lastLines} is for any.
 */
final class ErrorRelay implements Runnable {

  private static final int BUFFER_BYTES = 8 << 10;

  /** What is longer is no report. */
  private static final int MOST_BYTES_OF_REPORT = 1_000;

  private final InputStream from;
  private final PrintStream to;
  private final Consumer<ChildReport> reports;
  private final LastLines last = new LastLines();
  private final ByteArrayOutputStream report = new ByteArrayOutputStream();
  private boolean reporting;

  ErrorRelay(InputStream from, PrintStream to, Consumer<ChildReport> reports) {
    this.from = from;
    this.to = to;
    this.reports = reports;
  }

  LastLines lastLines() {
    return last;
  }

  @Override
  public void run() {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        pass(buffer, read);
        to.flush();
      }
    } catch (IOException ended) {
      // A broken pipe has ended, too.
    }
  }

  private void pass(byte[] bytes, int length) {
    int begin = 0;
    for (int i = 0; i < length; i++) {
      if (reporting) {
        begin = i + 1;
        takeReport(bytes[i]);
      } else if (bytes[i] == ChildReport.MARK) {
        passOn(bytes, begin, i - begin);
        begin = i + 1;
        reporting = true;
      }
    }
    passOn(bytes, begin, length - begin);
  }

  private void takeReport(byte next) {
    if (next == '\n') {
      reporting = false;
      String text = report.toString(StandardCharsets.UTF_8);
      report.reset();
      ChildReport.of(text).ifPresent(this::hand);
      return;
    }
    report.write(next);
    if (report.size() > MOST_BYTES_OF_REPORT) {
      reporting = false;
      passOn(report.toByteArray(), 0, report.size());
      report.reset();
    }
  }

  /** Nothing may end the relay: the child would block once the pipe is full. */
  private void hand(ChildReport taken) {
    try {
      reports.accept(taken);
    } catch (RuntimeException e) {
      to.println("A report of the instance was not taken: " + e);
    }
  }

  private void passOn(byte[] bytes, int offset, int length) {
    if (length > 0) {
      to.write(bytes, offset, length);
      last.add(bytes, offset, length);
    }
  }
}
