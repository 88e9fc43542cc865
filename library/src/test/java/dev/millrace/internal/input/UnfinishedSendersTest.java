package dev.millrace.internal.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.internal.frame.FrameFormat;
import dev.millrace.internal.frame.FrameReader;
import dev.millrace.internal.frame.FrameWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whether a task stands amid the frames of a transaction, whoever else writes meanwhile. */
final class UnfinishedSendersTest {

  private static final int LAST = FrameFormat.LAST_OF_TRANSACTION;

  private final FrameWriter writer = new FrameWriter(0, 0, 1);
  private final FrameReader reader = new FrameReader();
  private final UnfinishedSenders senders = new UnfinishedSenders();

  private boolean amidAfter(byte[] frame) {
    senders.taken(reader.reset(frame, 0, frame.length));
    return !senders.isEmpty();
  }

  private byte[] whole(int flags) {
    return writer.finish(flags, List.of());
  }

  private byte[] part(int sender, int flags) {
    return writer.finishOneOfSeveral(flags, List.of(), sender);
  }

  @Test
  void itIsAmidOneFromTheFirstFrameToTheLast() {
    assertThat(amidAfter(part(7, 0))).isTrue();
    assertThat(amidAfter(part(7, 0))).isTrue();
    assertThat(amidAfter(part(7, LAST))).isFalse();
    assertThat(amidAfter(part(7, 0))).isTrue();
  }

  @Test
  void aFrameWithoutAMarkIsAWholeAndEndsNothingElse() {
    assertThat(amidAfter(whole(LAST))).isFalse();
    assertThat(amidAfter(whole(0))).as("of another guarantee, or an earlier version").isFalse();
    assertThat(amidAfter(part(7, 0))).isTrue();
    assertThat(amidAfter(whole(LAST))).isTrue();
    assertThat(amidAfter(part(7, LAST))).isFalse();
  }

  @Test
  void aTaskThatBeginsAmidOneReadsToItsEnd() {
    assertThat(amidAfter(part(7, LAST))).as("only the last frame is left").isFalse();
    assertThat(amidAfter(part(8, 0))).isTrue();
    assertThat(amidAfter(part(7, LAST))).isTrue();
    assertThat(amidAfter(part(8, LAST))).isFalse();
  }

  @Test
  void anyNumberOfSendersInAnyOrder() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      Set<Integer> open = new HashSet<>();
      UnfinishedSenders tested = new UnfinishedSenders();
      for (int i = 0; i < 500; i++) {
        int sender = random.nextInt(9) - 4;
        boolean last = random.nextBoolean();
        byte[] frame = part(sender, last ? LAST : 0);
        tested.taken(reader.reset(frame, 0, frame.length));
        if (last) {
          open.remove(sender);
        } else {
          open.add(sender);
        }
        assertThat(tested.isEmpty()).as("seed %s, frame %s", seed, i).isEqualTo(open.isEmpty());
      }
    }
  }
}
