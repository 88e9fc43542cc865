package dev.millrace.runner.cli;

import dev.millrace.JobAdmin;
import dev.millrace.config.JobConfig;
import dev.millrace.runner.output.Terminal;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A question to a cluster that does not keep people waiting in silence: two seconds without an
 * answer put a line on stderr that names what is waited for.
 *
 * <p><b>Threads.</b> Confined to one thread; the line comes from another.
 */
final class ClusterQuestion {

  private static final Duration SILENCE = Duration.ofSeconds(2);

  private ClusterQuestion() {}

  /** {@return the answer} */
  static <T> T ask(Terminal terminal, JobConfig config, Function<JobAdmin, T> question) {
    try (JobAdmin admin = JobAdmin.connect(config)) {
      return ask(terminal, config, () -> question.apply(admin));
    }
  }

  /** {@return the answer to a question whose connection the caller has} */
  static <T> T ask(Terminal terminal, JobConfig config, Supplier<T> question) {
    return ask(terminal, config, SILENCE, question);
  }

  /** {@return the answer, with the line after another time} */
  static <T> T ask(Terminal terminal, JobConfig config, Duration silence, Supplier<T> question) {
    CountDownLatch answered = new CountDownLatch(1);
    CompletableFuture<Void> line =
        CompletableFuture.runAsync(
            () -> announceUnless(answered, silence, terminal, config.bootstrapServers()));
    try {
      return question.get();
    } finally {
      answered.countDown();
      // The line comes either whole and before what follows, or not at all.
      line.join();
    }
  }

  private static void announceUnless(
      CountDownLatch answered, Duration silence, Terminal terminal, String address) {
    try {
      if (!answered.await(silence.toMillis(), TimeUnit.MILLISECONDS)) {
        terminal.err().println("Waiting for an answer from Kafka at " + address + " ...");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
