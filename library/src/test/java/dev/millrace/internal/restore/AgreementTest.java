package dev.millrace.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.restore.Agreement.FirstOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class AgreementTest {

  private static final UUID TOPIC = new UUID(1, 2);
  private static final OffsetAndMetadata NO_OFFSET = Agreement.MISSING;

  /**
   * What the group has, what the frame has, and what follows from it.
   *
   * @param goesOn offset and epoch, or null if they do not agree
   * @param says what the message says then
   */
  private record Case(
      String name,
      FirstOffset first,
      OffsetAndMetadata committed,
      @Nullable InputPosition framed,
      @Nullable OffsetAndMetadata goesOn,
      List<String> says) {}

  private static OffsetAndMetadata offset(long offset, int epoch) {
    return new OffsetAndMetadata(offset, Optional.of(epoch), SmallFrame.NONE);
  }

  private static OffsetAndMetadata byHand(long offset) {
    return new OffsetAndMetadata(offset);
  }

  private static InputPosition framed(long offset, int epoch) {
    return new InputPosition("words", TOPIC, offset, epoch);
  }

  private static Stream<Case> cases() {
    return Stream.of(FirstOffset.values()).flatMap(AgreementTest::cases);
  }

  private static Stream<Case> cases(FirstOffset first) {
    return Stream.of(
        agreed("a task without state", first, offset(7, 3), null, offset(7, 3)),
        diverged(
            "a task without state whose offset was moved",
            first,
            byHand(7),
            null,
            "was not written by this job",
            "offset 7",
            "run reset"),
        first == FirstOffset.THE_BEGINNING
            ? agreed("a shuffle never read", first, NO_OFFSET, null, byHand(0))
            : diverged(
                "an offset that has expired",
                first,
                NO_OFFSET,
                null,
                "has no offset for topic words",
                "Run reset"),
        diverged(
            "an emptied changelog",
            first,
            new OffsetAndMetadata(7, Optional.of(3), SmallFrame.IN_CHANGELOG),
            null,
            "its changelog has no commit frame",
            "offset 7 in group count.counted",
            "Run reset"),
        agreed("both the same", first, offset(7, 3), framed(7, 3), offset(7, 3)),
        agreed("an offset put back", first, byHand(7), framed(7, 3), offset(7, 3)),
        agreed("a frame without epoch", first, offset(7, 3), framed(7, -1), byHand(7)),
        agreed("only the frame", first, NO_OFFSET, framed(7, 3), offset(7, 3)),
        agreed("only a frame at 0", first, NO_OFFSET, framed(0, -1), byHand(0)),
        agreed("a later frame", first, offset(5, 1), framed(7, 3), offset(7, 3)),
        diverged(
            "an offset moved back",
            first,
            byHand(5),
            framed(7, 3),
            "offset 5 in group count.counted",
            "7 in the state",
            "put them back"),
        diverged(
            "an earlier frame",
            first,
            offset(9, 3),
            framed(7, 3),
            "offset 9 in group count.counted",
            "7 in the state",
            "put them back"),
        diverged(
            "a topic made anew",
            first,
            offset(7, 3),
            new InputPosition("words", new UUID(1, 3), 7, 3),
            "topic words was deleted and created again"),
        diverged(
            "a topic made anew, and no offset",
            first,
            NO_OFFSET,
            new InputPosition("words", new UUID(1, 3), 7, 3),
            "topic words was deleted and created again"));
  }

  private static Case agreed(
      String name,
      FirstOffset first,
      OffsetAndMetadata committed,
      @Nullable InputPosition framed,
      OffsetAndMetadata goesOn) {
    return new Case(name, first, committed, framed, goesOn, List.of());
  }

  private static Case diverged(
      String name,
      FirstOffset first,
      OffsetAndMetadata committed,
      @Nullable InputPosition framed,
      String... says) {
    return new Case(name, first, committed, framed, null, List.of(says));
  }

  @TestFactory
  Stream<DynamicTest> groupAndFrameAgreeOrTheTaskDoesNotOpen() {
    return cases()
        .map(each -> DynamicTest.dynamicTest(each.name() + ", " + each.first(), () -> check(each)));
  }

  private static void check(Case each) {
    Agreement rule = new Agreement("counted", 4, "count.counted");
    Agreement.Input input = new Agreement.Input("words", TOPIC, each.first());
    if (each.goesOn() == null) {
      assertThatThrownBy(() -> rule.position(input, each.committed(), each.framed()))
          .isInstanceOf(OffsetsDivergedException.class)
          .hasMessageContaining("task 4 of stage 'counted'")
          .satisfies(thrown -> assertThat(thrown.getMessage()).contains(each.says()));
      return;
    }
    OffsetAndMetadata position = rule.position(input, each.committed(), each.framed());
    assertThat(position.offset()).isEqualTo(each.goesOn().offset());
    assertThat(position.leaderEpoch()).isEqualTo(each.goesOn().leaderEpoch());
  }

  /** A task without state keeps its small frame there. */
  @Test
  void theMetadataOfTheGroupsOffsetIsKept() {
    Agreement rule = new Agreement("words", 0, "count.words");
    Agreement.Input input = new Agreement.Input("words", TOPIC, FirstOffset.IN_THE_GROUP);
    OffsetAndMetadata committed = new OffsetAndMetadata(7, Optional.of(3), "a small frame");
    assertThat(rule.position(input, committed, null)).isEqualTo(committed);
  }
}
