package dev.millrace.internal.restore;

import dev.millrace.internal.commit.TransactionEnds;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.GroupMember;
import dev.millrace.internal.kafka.Groups;
import dev.millrace.internal.kafka.JobIds;
import dev.millrace.internal.kafka.KnownCommits;
import dev.millrace.internal.kafka.OpenTransactions;
import dev.millrace.internal.kafka.OwnCommits;
import dev.millrace.internal.plan.StagePlan;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.util.Clock;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of transactions that dead workers of this stage left open, so that nobody waits for the
 * broker to time them out.
 *
 * <p>A worker's consumer has its transactional id as client id; an id that no member of the group
 * has belongs to a dead or expelled worker. Fencing a live one by mistake costs it a new producer,
 * never data; not fencing a dead one costs only time, so a failure here does not stop the worker.
 *
 * <p><b>Threads.</b> {@link #departed} may be called by any thread, the rest is confined to the
 * worker.
 */
public final class Fencer {

  private static final Logger LOGGER = LoggerFactory.getLogger(Fencer.class);

  private final StageSetup setup;
  private final Groups groups;
  private final OpenTransactions transactions;
  private final JobIds ids;
  private final Set<String> writtenByAll;
  private final AuxiliaryCalls calls;
  private final Clock clock;
  private final Set<String> departed = new HashSet<>();

  /**
   * Creates the fencer of one worker.
   *
   * @param ids the job's transactional ids; it touches no others
   */
  public Fencer(StageSetup setup, WorkerSetup worker, JobIds ids, AuxiliaryCalls calls) {
    this.setup = setup;
    this.groups = worker.cluster().groups();
    this.transactions = worker.cluster().transactions();
    this.ids = ids;
    this.writtenByAll = Set.of(worker.deadLetterTopic(), setup.plan().metaTopic());
    this.calls = calls;
    this.clock = worker.clock();
  }

  /** Notes ids of members that have left without a trace. */
  public synchronized void departed(Set<String> transactionalIds) {
    departed.addAll(transactionalIds);
  }

  /** Fences members that departed, unless they are back; returns whether none is left to fence. */
  boolean fenceDeparted() {
    Set<String> noted;
    synchronized (this) {
      noted = Set.copyOf(departed);
    }
    return noted.isEmpty()
        || calls.ask("fence departed workers", () -> fenceDeparted(noted)).orElse(false);
  }

  private boolean fenceDeparted(Set<String> noted) {
    Set<String> candidates = new HashSet<>(noted);
    candidates.removeIf(id -> !ids.isWorker(id));
    candidates.removeAll(liveIds());
    Set<String> waiting = new HashSet<>();
    for (String id : new TreeSet<>(candidates)) {
      if (!mayInitialise(id, KnownCommits.NONE)) {
        waiting.add(id);
        if (calls.isCutOff()) {
          return false; // The others would only wait as long.
        }
      }
    }
    candidates.removeAll(waiting);
    if (!candidates.isEmpty()) {
      LOGGER.atInfo().addKeyValue("transactionalIds", candidates).log("Fencing departed workers");
      transactions.fence(candidates);
    }
    synchronized (this) {
      // Only now, so that a failed attempt is repeated.
      departed.removeIf(id -> noted.contains(id) && !waiting.contains(id));
    }
    return waiting.isEmpty();
  }

  /**
   * Looks for transactions that hold up readers of the group's offsets and of these partitions, and
   * ends those that nobody else will.
   */
  void endAbandoned(Set<TopicPartition> partitions) {
    Set<TopicPartition> all = new HashSet<>(partitions);
    calls
        .ask("find the partition of the group's offsets", this::offsetsPartition)
        .flatMap(found -> found)
        .ifPresent(all::add);
    watch(all);
  }

  /** {@return the ends of a worker's transactions, and of those of others in the same topics} */
  public TransactionEnds endsOf(String transactionalId) {
    OwnCommits commits =
        new OwnCommits(() -> transactions.commitsFromNow(transactionalId), calls, clock);
    return new TransactionEnds() {
      @Override
      public boolean settleLast() {
        return mayInitialise(transactionalId, commits.known());
      }

      @Override
      public void beginsAnew() {
        commits.beginAnew();
      }

      @Override
      public void committed() {
        commits.committed();
      }

      @Override
      public boolean settleOthers() {
        return calls
            .ask(
                "complete transactions without markers",
                () -> transactions.complete(written(), ids))
            .orElseGet(() -> !calls.isUnsettled());
      }
    };
  }

  /**
   * {@return whether an id may be initialised} As long as there may still be an answer it may not:
   * brokers that are just coming up have no leaders yet. Where rights are missing it may, since
   * there will never be one.
   */
  private boolean mayInitialise(String transactionalId, KnownCommits known) {
    Optional<Set<TopicPartition>> offsets =
        calls.ask("find the partition of the group's offsets", this::offsetsPartitions);
    if (offsets.isEmpty() && calls.isUnsettled()) {
      return false;
    }
    return calls
        .ask(
            "look how the last transaction ended",
            () ->
                transactions.prepareToFence(
                    transactionalId, written(), offsets.orElse(Set.of()), known))
        .orElseGet(() -> !calls.isUnsettled());
  }

  /** The topics that the workers of this stage write to, as far as they are known. */
  private Set<String> written() {
    Set<String> topics = new TreeSet<>(setup.stage().outputTopics());
    topics.addAll(writtenByAll);
    if (setup.stage().keepsChangelog()) {
      topics.add(setup.changelog());
    }
    return topics;
  }

  private Set<TopicPartition> offsetsPartitions() {
    return offsetsPartition().map(Set::of).orElse(Set.of());
  }

  private Optional<TopicPartition> offsetsPartition() {
    return groups.offsetsPartition(setup.group());
  }

  /**
   * Looks whether transactions hold up readers of these partitions; fences their owners if they are
   * dead, and completes those that their coordinator has left without markers.
   */
  void watch(Set<TopicPartition> partitions) {
    boolean ignored =
        calls.run(
            "end abandoned transactions",
            () -> transactions.endAbandoned(partitions, ids, this::liveIds));
  }

  /** Workers of all stages: they may share a partition of the offsets topic. */
  private Set<String> liveIds() {
    Set<String> live = new HashSet<>();
    for (StagePlan stage : setup.plan().stages()) {
      for (GroupMember member : groups.activeMembers(setup.plan().group(stage))) {
        live.add(member.clientId());
      }
    }
    return live;
  }
}
