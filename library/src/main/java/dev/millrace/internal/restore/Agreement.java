package dev.millrace.internal.restore;

import dev.millrace.error.OffsetsDivergedException;
import dev.millrace.internal.frame.CommitFrame;
import dev.millrace.internal.frame.InputPosition;
import dev.millrace.internal.frame.SmallFrame;
import dev.millrace.internal.stage.StageSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The rule by which the group's offsets and the commit frame of a task have to agree before the
 * task goes on (step A6).
 *
 * <pre>
 *   group      frame           goes on from
 *   offset     none            the group's offset, if this job has written it before any frame
 *   offset     same offset     the frame's position: offsets that were put back have no epoch
 *   offset     later offset    the frame's, if this job has written the group's; else diverged
 *   offset     earlier offset  diverged
 *   none       offset          the frame's position
 *   none       none            the beginning of a shuffle that has not been read; else diverged
 * </pre>
 *
 * <p>A frame that was written for another topic of the same name is diverged in any case.
 *
 * <p>A frame is later than an offset of the job's own if the owner died between the two, which
 * at-least-once writes one after the other; exactly-once goes on from there as well, since the job
 * may have been switched to it. What other tools write has no metadata: with it somebody has asked
 * for the records again, and is not to be ignored.
 *
 * <p><b>Threads.</b> Stateless.
 */
public final class Agreement {

  /** Stands for an offset that the group does not have: the frame may still know it. */
  public static final OffsetAndMetadata MISSING = new OffsetAndMetadata(0, "missing");

  private final String stage;
  private final int task;
  private final String group;

  /**
   * An input as it is now.
   *
   * @param topicId the id of the topic
   * @param firstOffset where a task begins that has never committed anything
   */
  record Input(String topic, UUID topicId, FirstOffset firstOffset) {}

  /** The origin of the first offset of a task that has never committed anything. */
  enum FirstOffset {
    /** The group: the offset was written when the job was deployed. */
    IN_THE_GROUP,
    /** No offset is written: the topic is the job's own, and is read from its beginning. */
    THE_BEGINNING
  }

  Agreement(String stage, int task, String group) {
    this.stage = stage;
    this.task = task;
    this.group = group;
  }

  /**
   * {@return where the task goes on in each of its inputs}
   *
   * @param committed the group's offsets, or {@link #MISSING}
   * @param frame the last commit frame in the task's state, if it has any
   */
  public static List<OffsetAndMetadata> positions(
      StageSetup setup, int task, List<OffsetAndMetadata> committed, @Nullable CommitFrame frame) {
    Agreement rule = new Agreement(setup.stage().name(), task, setup.group());
    List<OffsetAndMetadata> positions = new ArrayList<>();
    for (int i = 0; i < committed.size(); i++) {
      StageSetup.Input input = setup.inputs().get(i);
      // A task with a changelog writes a frame in its first transaction: without one it has
      // committed nothing, and a shuffle is the job's own from its first record on.
      FirstOffset first =
          setup.stage().keepsChangelog() && input.channels() > 0
              ? FirstOffset.THE_BEGINNING
              : FirstOffset.IN_THE_GROUP;
      positions.add(
          rule.position(
              new Input(input.topic(), input.topicId(), first),
              committed.get(i),
              frame == null ? null : frame.inputPositions().get(i)));
    }
    return positions;
  }

  /**
   * {@return where the task goes on in an input}
   *
   * @param committed the group's offset, or {@link #MISSING}
   * @param framed the position in the commit frame, if there is one
   * @throws OffsetsDivergedException if they do not agree
   */
  OffsetAndMetadata position(
      Input input, OffsetAndMetadata committed, @Nullable InputPosition framed) {
    if (framed == null) {
      return withoutFrame(input, committed);
    }
    if (!framed.topicId().equals(input.topicId())) {
      throw diverged(
          "topic "
              + input.topic()
              + " was deleted and created again since the last commit. Run reset to start over with"
              + " the new topic");
    }
    boolean frameIsLater = framed.offset() > committed.offset() && !isByHand(committed);
    if (committed.equals(MISSING) || framed.offset() == committed.offset() || frameIsLater) {
      return new OffsetAndMetadata(
          framed.offset(),
          framed.leaderEpoch() < 0 ? Optional.empty() : Optional.of(framed.leaderEpoch()),
          committed.equals(MISSING) ? "" : committed.metadata());
    }
    throw diverged(
        "the group's offset and the state are of different moments (topic "
            + input.topic()
            + ", offset "
            + committed.offset()
            + " in group "
            + group
            + ", "
            + framed.offset()
            + " in the state). Somebody moved the group's offsets: put them back, or run reset");
  }

  private OffsetAndMetadata withoutFrame(Input input, OffsetAndMetadata committed) {
    if (committed.equals(MISSING)) {
      if (input.firstOffset() == FirstOffset.THE_BEGINNING) {
        return new OffsetAndMetadata(0);
      }
      throw diverged(
          "group "
              + group
              + " has no offset for topic "
              + input.topic()
              + ". They were deleted or have expired. Run reset to choose where to begin");
    }
    if (isByHand(committed)) {
      throw diverged(
          "the offset in group "
              + group
              + " was not written by this job (topic "
              + input.topic()
              + ", offset "
              + committed.offset()
              + "). Somebody moved the group's offsets: run reset to begin there in good order");
    }
    if (committed.metadata().equals(SmallFrame.IN_CHANGELOG)) {
      throw diverged(
          "its changelog has no commit frame, although the job has committed (topic "
              + input.topic()
              + ", offset "
              + committed.offset()
              + " in group "
              + group
              + "). Records of the changelog were deleted or lost, and the state with them. Run"
              + " reset to start over");
    }
    return committed;
  }

  /** {@return whether something other than the job has written an offset} */
  private static boolean isByHand(OffsetAndMetadata committed) {
    return committed.metadata().isEmpty();
  }

  private OffsetsDivergedException diverged(String reason) {
    return new OffsetsDivergedException(stage, task, reason);
  }
}
