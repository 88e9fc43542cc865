package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What people see while a cluster does not answer. */
final class ClusterQuestionTest {

  private static final JobConfig CONFIG = JobConfig.defaults().with("bootstrap.servers", "kafka:1");

  private final CountDownLatch written = new CountDownLatch(1);
  private final ByteArrayOutputStream err =
      new ByteArrayOutputStream() {
        @Override
        public synchronized void write(byte[] bytes, int from, int count) {
          super.write(bytes, from, count);
          written.countDown();
        }
      };
  private final Terminal terminal =
      new Terminal(
          InputStream.nullInputStream(),
          new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8),
          Map.of(),
          Terminal.Kind.PLAIN);

  @Test
  void aLateAnswerIsAnnouncedByALineThatNamesTheAddress() {
    String answer = ClusterQuestion.ask(terminal, CONFIG, Duration.ofMillis(1), this::late);
    assertThat(answer).isEqualTo("late");
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualToNormalizingNewlines("Waiting for an answer from Kafka at kafka:1 ...\n");
  }

  /** Answers when the line is there, and never without it. */
  private String late() {
    try {
      written.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return "late";
  }

  @Test
  void aQuickAnswerAndAQuickFailureAreNotAnnounced() {
    assertThat(ClusterQuestion.ask(terminal, CONFIG, Duration.ofHours(1), () -> "quick"))
        .isEqualTo("quick");
    assertThatThrownBy(
            () ->
                ClusterQuestion.ask(
                    terminal,
                    CONFIG,
                    Duration.ofHours(1),
                    () -> {
                      throw new IllegalStateException("refused");
                    }))
        .hasMessage("refused");
    assertThat(err.size()).isZero();
  }
}
