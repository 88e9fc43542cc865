package dev.millrace.runner.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ErrorRelayTest {

  private final ByteArrayOutputStream passed = new ByteArrayOutputStream();
  private final List<ChildReport> reports = new ArrayList<>();
  private List<String> lastLines = List.of();

  private String relay(String text) {
    return relay(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String relay(InputStream from) {
    ErrorRelay relay =
        new ErrorRelay(from, new PrintStream(passed, true, StandardCharsets.UTF_8), reports::add);
    relay.run();
    lastLines = relay.lastLines().lines();
    return passed.toString(StandardCharsets.UTF_8);
  }

  @Test
  void textPassesAsItIs() {
    String text = "job wörds\n\n12 %\r13 %\r\nno end";
    assertThat(relay(text)).isEqualTo(text);
    assertThat(lastLines).containsExactly("job wörds", "12 %\r13 %", "no end");
  }

  @Test
  void reportsAreTakenOutWhereverTheyBegin() {
    String text =
        new ChildReport.Started("words", "a1").line()
            + "\njob words\nhalf a "
            + new ChildReport.Serving("127.0.0.1", 7575).line()
            + "\n"
            + new ChildReport.Running().line()
            + "\nline\n";
    assertThat(relay(text)).isEqualTo("job words\nhalf a line\n");
    assertThat(reports)
        .containsExactly(
            new ChildReport.Started("words", "a1"),
            new ChildReport.Serving("127.0.0.1", 7575),
            new ChildReport.Running());
    assertThat(lastLines).containsExactly("job words", "half a line");
  }

  @Test
  void whoFailsOnAReportDoesNotHoldTheChildUp() {
    String text =
        new ChildReport.Running().line()
            + "\nbefore\n"
            + new ChildReport.Running().line()
            + "\nafter\n";
    ErrorRelay relay =
        new ErrorRelay(
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(passed, true, StandardCharsets.UTF_8),
            report -> {
              reports.add(report);
              throw new IllegalStateException("no room");
            });
    relay.run();
    assertThat(reports).hasSize(2);
    assertThat(relay.lastLines().lines()).containsExactly("before", "after");
    assertThat(passed.toString(StandardCharsets.UTF_8)).contains("not taken").endsWith("after\n");
  }

  @Test
  void reportsMayComeByteByByte() {
    String text = "a\n" + new ChildReport.Started("words", "a1").line() + "\nb\n";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] next = {0};
    InputStream slow =
        new InputStream() {
          @Override
          public int read() {
            return next[0] == bytes.length ? -1 : bytes[next[0]++];
          }

          @Override
          public int read(byte[] into, int offset, int length) {
            int read = read();
            if (read < 0) {
              return -1;
            }
            into[offset] = (byte) read;
            return 1;
          }
        };
    assertThat(relay(slow)).isEqualTo("a\nb\n");
    assertThat(reports).containsExactly(new ChildReport.Started("words", "a1"));
  }

  @Test
  void whatIsNoReportIsNotTakenForOne() {
    assertThat(relay("\u0001nonsense\nafter\n")).isEqualTo("after\n");
    assertThat(reports).isEmpty();
  }

  @Test
  void aMarkDoesNotHoldBackALogForEver() {
    assertThat(relay("\u0001" + "x".repeat(2_000) + "\nafter\n")).endsWith("x\nafter\n");
  }

  @Test
  void theLastLinesAreKeptWithoutFramesOfStackTraces() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      text.append("line ").append(i).append("\n\tat some.Frame(Frame.java:1)\n");
    }
    relay(text.toString());
    assertThat(lastLines).hasSize(20).startsWith("line 80").endsWith("line 99");
  }
}
