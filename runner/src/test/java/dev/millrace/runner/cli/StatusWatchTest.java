package dev.millrace.runner.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.admin.JobPhase;
import dev.millrace.admin.JobStatus;
import dev.millrace.error.ConfigurationException;
import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.MillraceException;
import dev.millrace.runner.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The looks at a job, one after the other or one in the place of the other. */
final class StatusWatchTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.123Z");

  private static final String AWAY = "Cannot reach Kafka: it is away";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Deque<JobPhase> phases = new ArrayDeque<>();
  private MillraceException trouble = new KafkaUnreachableException(AWAY, null);
  private int pauses;

  private ExitCode watch(Terminal.Kind kind, boolean asJson, StatusWatch.Verdict verdict) {
    Terminal terminal =
        new Terminal(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Map.of(),
            kind);
    return new StatusWatch(
            terminal,
            this::next,
            () -> {
              pauses++;
              return !phases.isEmpty();
            },
            Clock.fixed(NOW, ZoneOffset.UTC))
        .run(asJson, verdict);
  }

  private JobStatus next() {
    JobPhase phase = phases.remove();
    if (phase == JobPhase.RESETTING) {
      throw trouble;
    }
    return new JobStatus(
        "job", phase, 0, false, false, false, List.of(), false, List.of(), List.of());
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void inAFileLooksFollowEachOtherUnderTheirTimes() {
    phases.addAll(List.of(JobPhase.READY, JobPhase.RESET));
    assertThat(watch(Terminal.Kind.PLAIN, false, status -> null)).isEqualTo(ExitCode.OK);
    assertThat(out().lines().filter(line -> line.startsWith("at ")))
        .containsExactly("at 2026-01-01T00:00:00Z", "at 2026-01-01T00:00:00Z");
    assertThat(out()).contains("job job, ready", "job job, reset").doesNotContain("\u001b");
    assertThat(pauses).isEqualTo(2);
  }

  @Test
  void onATerminalEachLookIsWrittenOverTheOneBefore() {
    phases.addAll(List.of(JobPhase.READY, JobPhase.READY));
    assertThat(watch(Terminal.Kind.INTERACTIVE, false, status -> null)).isEqualTo(ExitCode.OK);
    assertThat(out()).startsWith("\u001b[2J\u001b[Hat ").endsWith("\u001b[J");
    assertThat(out().split("\u001b\\[H", -1)).as("one return for each look").hasSize(3);
    assertThat(out().split("\u001b\\[2J", -1)).as("cleared once").hasSize(2);
    assertThat(out()).contains("at 2026-01-01T00:00:00Z\u001b[K\n");
  }

  @Test
  void asJsonALookIsALine() {
    phases.addAll(List.of(JobPhase.READY, JobPhase.RESETTING, JobPhase.READY));
    assertThat(watch(Terminal.Kind.INTERACTIVE, true, status -> null)).isEqualTo(ExitCode.OK);
    assertThat(out().lines()).hasSize(2).allMatch(line -> line.startsWith("{\"job\":\"job\""));
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("Kafka: it is away");
  }

  @Test
  void whileKafkaIsAwayTheLookIsTheError() {
    phases.addAll(List.of(JobPhase.RESETTING, JobPhase.READY));
    assertThat(watch(Terminal.Kind.PLAIN, false, status -> null)).isEqualTo(ExitCode.OK);
    assertThat(out().lines().toList().subList(0, 2))
        .containsExactly("at 2026-01-01T00:00:00Z", "Cannot reach Kafka: it is away");
    assertThat(out()).contains("job job, ready");
  }

  /** A coordinator that moves is no broker that is away. */
  @Test
  void whateverMayPassIsALook() {
    trouble = new MillraceException("Cannot read it: the coordinator is moving");
    phases.addAll(List.of(JobPhase.RESETTING, JobPhase.READY));
    assertThat(watch(Terminal.Kind.PLAIN, false, status -> null)).isEqualTo(ExitCode.OK);
    assertThat(out()).contains("Cannot read it: the coordinator is moving", "job job, ready");
  }

  @Test
  void whatAsksForAPersonEndsTheWatch() {
    trouble = new ConfigurationException("Cannot find job 'job': it was deleted");
    phases.addAll(List.of(JobPhase.READY, JobPhase.RESETTING, JobPhase.READY));
    assertThatThrownBy(() -> watch(Terminal.Kind.PLAIN, false, status -> null)).isSameAs(trouble);
  }

  @Test
  void aVerdictEndsTheWatch() {
    phases.addAll(List.of(JobPhase.READY, JobPhase.RESET, JobPhase.READY));
    assertThat(
            watch(
                Terminal.Kind.PLAIN,
                false,
                status -> status.phase() == JobPhase.RESET ? ExitCode.NOT_HEALTHY : null))
        .isEqualTo(ExitCode.NOT_HEALTHY);
    assertThat(phases).hasSize(1);
  }
}
