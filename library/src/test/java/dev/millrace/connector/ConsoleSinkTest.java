package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.util.StepClock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What is printed was committed. */
final class ConsoleSinkTest {

  @Test
  void linesArePrintedAfterTheCommit() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ConsoleSink<Integer> sink =
        ConsoleSink.to(new PrintStream(bytes, false, StandardCharsets.UTF_8));
    FakeSinkContext context = new FakeSinkContext(1, new byte[0], new StepClock());
    try (SinkWriter<Integer> writer = sink.open(context)) {
      writer.write(1, 0);
      writer.write(2, 0);
      assertThat(writer.prepare()).isEmpty();
      assertThat(bytes.size()).isZero();
      writer.commit();
      assertThat(bytes.toString(StandardCharsets.UTF_8).lines()).containsExactly("1", "2");
      writer.write(3, 0);
      writer.abort();
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines()).containsExactly("1", "2");
  }
}
