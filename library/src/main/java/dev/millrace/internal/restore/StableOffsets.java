package dev.millrace.internal.restore;

import dev.millrace.error.MillraceException;
import dev.millrace.error.Place;
import dev.millrace.internal.kafka.AuxiliaryCalls;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * The reading of the group's stable offsets, from which tasks go on (step A2).
 *
 * <p>Offsets that a transaction of the former owner is about to change are waited for. The consumer
 * does not distinguish such a transaction from a coordinator that does not answer, so that it is
 * looked for: an owner that is dead is fenced, markers that were left out are written, and a
 * coordinator that is slow gets more time.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class StableOffsets {

  /** Short, since the worker's other tasks wait meanwhile. */
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(150);

  /**
   * How often it is asked in that time: most transactions are decided within a few milliseconds,
   * and by itself a member of a group asks again after a tenth of a second only.
   */
  private static final int QUESTIONS = 6;

  /**
   * The longest wait for a coordinator that is slow although there is no transaction to wait for.
   */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

  private static final long LONGEST_ANSWER_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long APPEAR_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long GIVE_UP_NANOS = Duration.ofSeconds(60).toNanos();

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final Fencer fencer;
  private final AuxiliaryCalls calls;
  private final OpeningLog log;

  /** For how long the coordinator has been answering that a transaction is undecided. */
  private final AnswerClock undecided = new AnswerClock(LONGEST_ANSWER_NANOS);

  /** For how long the coordinator has been answering that there is no offset. */
  private final AnswerClock missing = new AnswerClock(LONGEST_ANSWER_NANOS);

  private Duration wait = SHORTEST_WAIT;

  StableOffsets(
      StageSetup setup, WorkerSetup worker, Fencer fencer, AuxiliaryCalls calls, OpeningLog log) {
    this.setup = setup;
    this.worker = worker;
    this.fencer = fencer;
    this.calls = calls;
    this.log = log;
  }

  /** Forgets what was found out about a task. */
  void forget(int task) {
    undecided.forget(task);
    missing.forget(task);
  }

  /** Forgets that the coordinator was slow: there is nothing more that it is asked for now. */
  void asksNoMore() {
    wait = SHORTEST_WAIT;
  }

  /**
   * {@return the positions in the inputs of those of these tasks for which they are known by now;
   * {@link Agreement#MISSING} for one that the group does not have}
   */
  Map<Integer, List<OffsetAndMetadata>> read(
      Consumer<byte[], byte[]> consumer, Set<Integer> tasks) {
    Map<Integer, List<OffsetAndMetadata>> known = new LinkedHashMap<>();
    if (read(consumer, tasks, known)) {
      wait = SHORTEST_WAIT; // One that was slow need not be so the next time.
    } else {
      Optional<Set<TopicPartition>> open = open(tasks);
      if (wait.equals(SHORTEST_WAIT)) {
        readOthers(consumer, tasks, open, known);
      }
      if (noteUndecided(tasks, known.keySet(), open)) {
        wait = SHORTEST_WAIT;
        fencer.endAbandoned(changelogs(tasks));
      } else if (!known.keySet().containsAll(tasks)) {
        // The coordinator itself is slow: with the same wait no answer would ever be in time.
        Duration doubled = wait.multipliedBy(2);
        wait = doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT;
      }
    }
    long now = worker.clock().nanos();
    known.entrySet().removeIf(each -> mayStillAppear(each.getKey(), each.getValue(), now));
    return known;
  }

  /**
   * {@return whether a task's offsets have changed, or are just being changed: another worker owns
   * the task and commits, which this worker does not know yet}
   */
  boolean haveMoved(
      Consumer<byte[], byte[]> consumer, int task, List<OffsetAndMetadata> positions) {
    Map<Integer, List<OffsetAndMetadata>> known = new HashMap<>();
    return !read(consumer, Set.of(task), known) || !positions.equals(known.get(task));
  }

  /**
   * Throws if the coordinator has been answering for too long that a transaction over the offsets
   * of one of these tasks is undecided.
   */
  void giveUpOnTheUndecided(Set<Integer> tasks) {
    Set<Integer> stuck = undecided.longerThan(tasks, GIVE_UP_NANOS);
    if (!stuck.isEmpty()) {
      throw new MillraceException(
          "Cannot open tasks of stage '"
              + setup.stage().name()
              + "': for "
              + Duration.ofNanos(GIVE_UP_NANOS).toSeconds()
              + " s the group's coordinator has been answering that a transaction over their"
              + " offsets is undecided (group "
              + setup.group()
              + ", partitions "
              + stuck
              + "). Nothing shows any more how it ended. Find it with kafka-transactions.sh"
              + " find-hanging, abort it, and start again: what it held may then come twice",
          Place.ofStage(setup.stage().name()),
          null);
    }
  }

  /**
   * {@return those of the tasks' offsets that a transaction is about to change; empty if that
   * cannot be found out} The consumer does not distinguish them from a coordinator that does not
   * answer.
   */
  private Optional<Set<TopicPartition>> open(Set<Integer> tasks) {
    return calls.ask(
        "find out which offsets are undecided",
        () -> worker.cluster().groups().undecided(setup.group(), inputs(tasks)));
  }

  /**
   * Reads the offsets that are not undecided: a single one that is spoils the answer for all. Where
   * it is not known which are, each task is asked for by itself, which takes the longer the more of
   * them wait.
   */
  private void readOthers(
      Consumer<byte[], byte[]> consumer,
      Set<Integer> tasks,
      Optional<Set<TopicPartition>> open,
      Map<Integer, List<OffsetAndMetadata>> known) {
    if (open.isPresent()) {
      Set<Integer> others = new TreeSet<>(tasks);
      others.removeIf(task -> isOpen(task, open.get()));
      if (!others.isEmpty()) {
        boolean ignored = read(consumer, others, known);
      }
    } else if (tasks.size() > 1) {
      for (Integer task : tasks) {
        boolean ignored = read(consumer, Set.of(task), known);
      }
    }
  }

  private boolean isOpen(int task, Set<TopicPartition> open) {
    return !Collections.disjoint(open, inputs(Set.of(task)));
  }

  /**
   * Notes what the tasks wait for whose offsets are not known; returns whether any are undecided.
   */
  private boolean noteUndecided(
      Set<Integer> tasks, Set<Integer> known, Optional<Set<TopicPartition>> open) {
    Set<Integer> waiting = new TreeSet<>(tasks);
    waiting.removeAll(known);
    boolean any = false;
    for (int task : waiting) {
      if (open.isEmpty()) {
        undecided.unanswered(task);
        missing.unanswered(task);
      } else {
        boolean found = isOpen(task, open.get());
        undecided.answered(task, found, worker.clock().nanos());
        any |= found;
        log.waits(task, found ? OpeningLog.Awaited.DECISION : OpeningLog.Awaited.OFFSETS);
      }
    }
    return any;
  }

  private boolean read(
      Consumer<byte[], byte[]> consumer,
      Set<Integer> tasks,
      Map<Integer, List<OffsetAndMetadata>> known) {
    // A coordinator that is slow is not to get the same question twice.
    int questions = wait.equals(SHORTEST_WAIT) ? QUESTIONS : 1;
    for (int i = 0; i < questions; i++) {
      try {
        Map<TopicPartition, OffsetAndMetadata> offsets =
            consumer.committed(inputs(tasks), wait.dividedBy(questions));
        for (int task : tasks) {
          known.put(task, positions(task, offsets));
        }
        return true;
      } catch (KafkaException e) {
        if (!KafkaErrors.mayPass(e)) {
          throw e;
        }
      }
    }
    return false;
  }

  /**
   * Whether a missing offset may still appear: a coordinator that resigns can answer for a moment
   * that there is none.
   */
  private boolean mayStillAppear(int task, List<OffsetAndMetadata> positions, long now) {
    undecided.forget(task);
    missing.answered(task, positions.contains(Agreement.MISSING), now);
    if (!positions.contains(Agreement.MISSING) || missing.nanos(task) >= APPEAR_NANOS) {
      return false;
    }
    log.waits(task, OpeningLog.Awaited.FIRST_OFFSETS);
    return true;
  }

  private List<OffsetAndMetadata> positions(
      int task, Map<TopicPartition, OffsetAndMetadata> offsets) {
    List<OffsetAndMetadata> positions = new ArrayList<>();
    for (StageSetup.Input input : setup.inputs()) {
      OffsetAndMetadata offset = offsets.get(new TopicPartition(input.topic(), task));
      positions.add(offset == null ? Agreement.MISSING : offset);
    }
    return positions;
  }

  private Set<TopicPartition> inputs(Set<Integer> tasks) {
    Set<TopicPartition> inputs = new HashSet<>();
    for (int task : tasks) {
      setup.inputs().forEach(input -> inputs.add(new TopicPartition(input.topic(), task)));
    }
    return inputs;
  }

  private Set<TopicPartition> changelogs(Set<Integer> tasks) {
    Set<TopicPartition> changelogs = new HashSet<>();
    if (setup.stage().keepsChangelog()) {
      tasks.forEach(task -> changelogs.add(new TopicPartition(setup.changelog(), task)));
    }
    return changelogs;
  }
}
