package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.CommitResult;
import dev.millrace.internal.commit.Sender;
import dev.millrace.internal.frame.ChannelUpdate;
import dev.millrace.internal.shuffle.ShuffleWriter;
import dev.millrace.internal.stage.Histogram;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.state.store.Checkpoint;
import dev.millrace.internal.task.Task;
import dev.millrace.internal.util.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The commits of a worker, one after the other: the output of all tasks goes into one transaction
 * with all their offsets, and once that is committed, rows go into the stores and sinks publish
 * their files.
 *
 * <p>The order is what makes it correct: partial aggregates before watermarks, results before rows,
 * rows before frames, everything before offsets, and nothing local before Kafka has committed.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class CommitRound {

  private final StageSetup setup;
  private final Consumer<byte[], byte[]> consumer;
  private final Sender sender;
  private final RunningTasks tasks;
  private final List<ShuffleWriter> shuffles;
  private final FinishLine finishLine;
  private final UnprovenGeneration unproven;
  private final WorkerLife life;
  private final Histogram latency;
  private final Clock clock;
  private long begunNanos;
  private long sentBytes;
  private long checkedSinceNanos;
  private long checkedSinceMs;

  CommitRound(
      StageSetup setup,
      Consumer<byte[], byte[]> consumer,
      Sender sender,
      RunningTasks tasks,
      List<ShuffleWriter> shuffles,
      FinishLine finishLine,
      UnprovenGeneration unproven,
      WorkerLife life,
      Histogram latency,
      Clock clock) {
    this.setup = setup;
    this.consumer = consumer;
    this.sender = sender;
    this.tasks = tasks;
    this.shuffles = shuffles;
    this.finishLine = finishLine;
    this.unproven = unproven;
    this.life = life;
    this.latency = latency;
    this.clock = clock;
  }

  /**
   * Has the tasks emit what they held back until the commit. From here to the commit no input is
   * processed; calls that are under way, or that this begins, have to end first. If that is done
   * already, nothing happens.
   */
  void begin() {
    if (!life.isCommitting()) {
      life.commitBegins();
      begunNanos = clock.nanos();
      tasks.all().forEach(task -> task.commits().begin());
    }
  }

  /** {@return when the last round began} */
  long begunNanos() {
    return begunNanos;
  }

  /** {@return the bytes of the records of the last transaction that was sent as a whole} */
  long sentBytes() {
    return sentBytes;
  }

  /** {@return a time before brokers checked the membership for the last commit} */
  long checkedSinceNanos() {
    return checkedSinceNanos;
  }

  /** {@return the same by the wall clock, in milliseconds} */
  long checkedSinceMs() {
    return checkedSinceMs;
  }

  /** Sends everything and commits it; settles the tasks if the commit succeeded. */
  CommitResult commit() {
    begin();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    List<Task> announced = new ArrayList<>();
    sendEverything(announced);
    tasks.all().forEach(task -> task.commits().addOffsets(offsets));
    checkOwned(offsets.keySet());
    // The client may join again at any time, so what is checked is also what the commit claims.
    ConsumerGroupMetadata group = consumer.groupMetadata();
    if (unproven.isOver(group)) {
      sender.abort();
      return new CommitResult.Aborted(
          new IllegalStateException(
              "The group has gone on before the first commit, perhaps without this worker"));
    }
    checkedSinceNanos = clock.nanos();
    checkedSinceMs = clock.wallMs();
    // Until the outcome is known and settled, what sinks prepared may be committed.
    life.commitAsked();
    sentBytes = sender.pendingBytes();
    CommitResult result = sender.commit(offsets, group);
    if (result instanceof CommitResult.Aborted) {
      life.commitRefused();
    } else if (result instanceof CommitResult.Committed committed) {
      unproven.proved();
      settle(committed, announced);
      life.settled();
    }
    return result;
  }

  /** Completes a commit under at-least-once, which commits offsets last. */
  void acknowledge() {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    tasks.all().forEach(task -> task.commits().addOffsets(offsets));
    sender.acknowledge(offsets);
  }

  private void sendEverything(List<Task> announced) {
    for (ShuffleWriter shuffle : shuffles) {
      shuffle.flush();
    }
    sendWatermarks();
    for (Task task : tasks.all()) {
      task.commits().send(sender);
      if (task.commits().mayAnnounceFinish()) {
        finishLine.announce(sender, setup.stage().name(), task.partition());
        announced.add(task);
      }
    }
  }

  private void sendWatermarks() {
    long now = clock.nanos();
    long wallMs = clock.wallMs();
    List<ChannelUpdate> updates = new ArrayList<>();
    for (Task task : tasks.all()) {
      task.progress().advance(wallMs);
      updates.add(task.progress().update());
    }
    for (int output = 0; output < shuffles.size(); output++) {
      shuffles.get(output).finish(updates, dueEverywhere(output, now));
    }
  }

  /**
   * If a watermark of any task is due in all partitions, all tasks with news send theirs in the
   * same frames, and none is due for another interval: more tasks do not mean more frames.
   */
  private List<ChannelUpdate> dueEverywhere(int output, long now) {
    boolean due = false;
    for (Task task : tasks.all()) {
      due |= task.progress().isDue(output, now);
    }
    if (!due) {
      return List.of();
    }
    List<ChannelUpdate> everywhere = new ArrayList<>();
    for (Task task : tasks.all()) {
      if (task.progress().hasNews(output)) {
        everywhere.add(task.progress().update());
        task.progress().sent(output, now);
        // The next owner must know the watermark that was sent: its own clock may be slower.
        task.commits().markChanged();
      }
    }
    return everywhere;
  }

  /** Brokers accept offsets of partitions that are not ours any more, so they must not be sent. */
  private void checkOwned(Set<TopicPartition> offsets) {
    Set<TopicPartition> assignment = consumer.assignment();
    for (TopicPartition partition : offsets) {
      if (!assignment.contains(partition)) {
        throw new IllegalStateException(
            "Task of " + partition + " is open although the partition is not assigned");
      }
    }
  }

  /**
   * Writes rows into the stores and has sinks publish files: after Kafka's commit, never before it.
   */
  private void settle(CommitResult.Committed committed, List<Task> announced) {
    long wallMs = clock.wallMs();
    for (Task task : tasks.all()) {
      task.commits().measureLatency(latency, wallMs);
      task.commits().committed(checkpoint(task, committed));
    }
    announced.forEach(task -> task.commits().finishAnnounced());
  }

  private Optional<Checkpoint> checkpoint(Task task, CommitResult.Committed committed) {
    if (!task.commits().hasChangedRows()) {
      return Optional.empty();
    }
    Long offset =
        committed.acknowledged().get(new TopicPartition(setup.changelog(), task.partition()));
    if (offset == null) {
      throw new IllegalStateException("A task with changed rows wrote nothing to its changelog");
    }
    var id = setup.changelogId().orElseThrow();
    return Optional.of(
        new Checkpoint(
            id.getMostSignificantBits(),
            id.getLeastSignificantBits(),
            offset,
            task.commits().txnSeq(),
            clock.wallMs(),
            setup.resetEpoch()));
  }
}
