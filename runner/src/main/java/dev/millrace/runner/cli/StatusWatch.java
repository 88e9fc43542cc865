package dev.millrace.runner.cli;

import dev.millrace.admin.JobStatus;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.runner.output.Json;
import dev.millrace.runner.output.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The look at a job again and again. A person sees each look in the place of the one before; a file
 * or a program gets them one after the other, each under the time of the look, or as a line of
 * JSON.
 *
 * <p>It outlives Kafka's absence, as the job does: the look then is the error.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class StatusWatch {

  private static final String HOME = "\u001b[H";
  private static final String CLEAR = "\u001b[2J" + HOME;
  private static final String REST_OF_LINE = "\u001b[K";
  private static final String REST_OF_SCREEN = "\u001b[J";

  private final Terminal terminal;
  private final Supplier<JobStatus> question;
  private final BooleanSupplier pause;
  private final Clock clock;
  private boolean begun;

  /**
   * Prepares a watch.
   *
   * @param question asks for the status
   * @param pause waits until the next look is due, and returns whether there is to be one
   */
  StatusWatch(Terminal terminal, Supplier<JobStatus> question, BooleanSupplier pause, Clock clock) {
    this.terminal = terminal;
    this.question = question;
    this.pause = pause;
    this.clock = clock;
  }

  /** The answer to the end of a watch. */
  interface Verdict {

    /** {@return the exit code to end with at this look, or null to go on} */
    @Nullable ExitCode of(JobStatus status);
  }

  /** {@return the verdict that ended it; OK if nobody looks on any more} */
  ExitCode run(boolean asJson, Verdict verdict) {
    do {
      ExitCode end = asJson ? lookAsJson(verdict) : look(verdict);
      if (end != null) {
        return end;
      }
    } while (!terminal.out().checkError() && pause.getAsBoolean());
    return ExitCode.OK;
  }

  private @Nullable ExitCode lookAsJson(Verdict verdict) {
    JobStatus status = ask(e -> terminal.err().println(e.getMessage()));
    if (status == null) {
      return null;
    }
    terminal.out().println(Json.LINE.writeValueAsString(status));
    return verdict.of(status);
  }

  private @Nullable ExitCode look(Verdict verdict) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream block = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    block.println("at " + clock.instant().truncatedTo(ChronoUnit.SECONDS));
    JobStatus status = ask(e -> block.println(e.getMessage()));
    if (status != null) {
      StatusCommand.print(status, block);
    }
    show(bytes.toString(StandardCharsets.UTF_8));
    return status == null ? null : verdict.of(status);
  }

  private @Nullable JobStatus ask(Consumer<MillraceException> unanswered) {
    try {
      return question.get();
    } catch (MillraceException e) {
      if (!mayPass(e)) {
        throw e;
      }
      unanswered.accept(e);
      return null;
    }
  }

  /** Brokers that come and go have many answers; what only a person can mend has a code. */
  private static boolean mayPass(MillraceException error) {
    return error instanceof KafkaUnreachableException || ExitCode.of(error) == ExitCode.FAILED;
  }

  private void show(String text) {
    PrintStream out = terminal.out();
    if (terminal.isInteractive()) {
      // Written over line by line: clearing the screen each time would make it flicker.
      StringBuilder screen = new StringBuilder(begun ? HOME : CLEAR);
      text.lines().forEach(line -> screen.append(line).append(REST_OF_LINE).append('\n'));
      out.print(screen.append(REST_OF_SCREEN));
    } else {
      out.print((begun ? System.lineSeparator() : "") + text);
    }
    out.flush();
    begun = true;
  }
}
