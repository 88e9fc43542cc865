package dev.millrace.internal.runtime;

import dev.millrace.internal.commit.Sender;
import java.util.Collection;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;

/**
 * The reaction of a worker when its group assigns partitions to it, or revokes them; called inside
 * {@code poll}.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class Rebalances implements ConsumerRebalanceListener {

  private final Sender sender;
  private final Assignment assignment;
  private final RunningTasks tasks;
  private final Transactions transactions;
  private final Intake intake;
  private final UnprovenGeneration unproven;
  private final WorkerLife life;

  Rebalances(
      Sender sender,
      Assignment assignment,
      RunningTasks tasks,
      Transactions transactions,
      Intake intake,
      UnprovenGeneration unproven,
      WorkerLife life) {
    this.sender = sender;
    this.assignment = assignment;
    this.tasks = tasks;
    this.transactions = transactions;
    this.intake = intake;
    this.unproven = unproven;
    this.life = life;
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
    intake.rebalance(() -> assign(partitions));
  }

  private void assign(Collection<TopicPartition> partitions) {
    life.assigned();
    if (assignment.owned().isEmpty()) {
      unproven.firstAssigned();
    }
    assignment.assigned(partitions);
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
    intake.rebalance(() -> revoke(partitions));
  }

  private void revoke(Collection<TopicPartition> partitions) {
    if (!partitions.isEmpty() && !transactions.commitLast()) {
      transactions.leaveUndone();
    }
    dropped(partitions);
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> partitions) {
    intake.rebalance(() -> lose(partitions));
  }

  private void lose(Collection<TopicPartition> partitions) {
    // Others own these already, so the open transaction cannot be committed, for any of the
    // tasks. Whoever loses anything has lost everything, as the group has gone on without it. Not
    // all of that is named where the group did so while an assignment was on its way: what that
    // one brought is reported here as assigned, and never as lost.
    Set<TopicPartition> all = assignment.owned();
    all.addAll(partitions);
    assignment.lost();
    if (!tasks.isEmpty()) {
      sender.abort();
      transactions.startAfresh(new IllegalStateException("The group took partitions away: " + all));
    }
    dropped(all);
  }

  private void dropped(Collection<TopicPartition> partitions) {
    assignment.dropped(partitions);
    intake.dropped(partitions);
  }
}
