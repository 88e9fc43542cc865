package dev.millrace.internal.restore;

import dev.millrace.error.IncompatibleJobException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.Topics;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.util.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.Uuid;

/**
 * The check whether a changelog that cannot be read exists at all: to the clients a deleted one
 * looks like one without a leader, for which they wait for ever.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class ChangelogCheck {

  private static final int TOPIC = 0;
  private static final long BETWEEN_LOOKS_NANOS = Duration.ofSeconds(5).toNanos();

  /**
   * The time for which a topic may be missing: a broker that has just started may not know it yet.
   */
  private static final long GIVE_UP_NANOS = Duration.ofSeconds(10).toNanos();

  private final StageSetup setup;
  private final Topics topics;
  private final AuxiliaryCalls calls;
  private final Clock clock;
  private final AnswerClock gone = new AnswerClock(BETWEEN_LOOKS_NANOS);
  private long lookedNanos = Long.MIN_VALUE;

  ChangelogCheck(StageSetup setup, Topics topics, AuxiliaryCalls calls, Clock clock) {
    this.setup = setup;
    this.topics = topics;
    this.calls = calls;
    this.clock = clock;
  }

  /**
   * Asks for the changelog, if the last check was a while ago.
   *
   * @throws IncompatibleJobException if it has been missing for longer than a broker's start takes
   */
  void look() {
    long now = clock.nanos();
    if (lookedNanos != Long.MIN_VALUE && now - lookedNanos < BETWEEN_LOOKS_NANOS) {
      return;
    }
    lookedNanos = now;
    String name = setup.changelog();
    Optional<Boolean> isThere =
        calls.ask(
            "look for the changelog of a stage",
            () ->
                Optional.ofNullable(topics.describe(List.of(name)).get(name))
                    .map(found -> uuid(found.id()).equals(setup.changelogId().orElseThrow()))
                    .orElse(false));
    if (isThere.isEmpty()) {
      gone.unanswered(TOPIC);
      return;
    }
    gone.answered(TOPIC, !isThere.get(), now);
    if (gone.nanos(TOPIC) >= GIVE_UP_NANOS) {
      throw new IncompatibleJobException(
          "Cannot restore stage '"
              + setup.stage().name()
              + "' of job '"
              + setup.plan().job()
              + "': its changelog has been deleted while the job ran (topic "
              + name
              + "). Its state cannot be restored from anywhere else: run reset and start again, to"
              + " process the input from its beginning",
          Place.ofJob(setup.plan().job()).withStage(setup.stage().name()).withTopic(name),
          null);
    }
  }

  private static UUID uuid(Uuid id) {
    return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
  }
}
