package dev.millrace.internal.runtime;

import dev.millrace.error.KafkaUnreachableException;
import dev.millrace.error.LogTruncatedException;
import dev.millrace.error.LostInputException;
import dev.millrace.error.Place;
import dev.millrace.error.RecordsDeletedException;
import dev.millrace.internal.kafka.KafkaClients;
import dev.millrace.internal.kafka.KafkaErrors;
import dev.millrace.internal.stage.Loss;
import dev.millrace.internal.stage.StageSetup;
import dev.millrace.internal.stage.WorkerSetup;
import dev.millrace.internal.util.LogPace;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The decision where reading goes on from a committed position that the consumer does not find in
 * the log.
 *
 * <pre>
 *   the log begins after it                        unread records were deleted
 *   the log ends before it                         the log was truncated
 *   the leader's log parts from what was read
 *   before it, and records stand in between        the log was truncated, and has grown since
 *   ...and nothing that can be read in between     the position is right, its epoch is not
 *   it is in the log, and no epoch contradicts     the position is right by now
 * </pre>
 *
 * <p>The fifth case is that of an offset after the marker of a transaction with the epoch of the
 * record before it, as a tool that moves offsets may write it. In the first and second nothing is
 * guessed: the worker stops, unless the loss was accepted beforehand. Then it goes on with the
 * first record that the job has not seen, so that nothing is skipped that was written since.
 *
 * <p><b>Threads.</b> Confined to the worker.
 */
final class LostPositions {

  private static final Logger LOGGER = LoggerFactory.getLogger(LostPositions.class);

  private static final Duration POLL = Duration.ofMillis(100);
  private static final long SCAN_NANOS = Duration.ofSeconds(30).toNanos();

  private final StageSetup setup;
  private final WorkerSetup worker;
  private final Map<TopicPartition, LogPace> unresolved = new HashMap<>();

  LostPositions(StageSetup setup, WorkerSetup worker) {
    this.setup = setup;
    this.worker = worker;
  }

  /**
   * {@return where to go on; empty if the cluster does not answer that at present}
   *
   * @param committed the group's offset
   * @param cause why the consumer cannot read there
   * @throws LogTruncatedException if records that were read are gone, and that loss is not accepted
   * @throws RecordsDeletedException if records that were to be read are gone, and that loss is not
   *     accepted
   */
  Optional<OffsetAndMetadata> resolve(
      TopicPartition from, long committed, OffsetOutOfRangeException cause) {
    try {
      return Optional.of(find(from, committed, cause));
    } catch (RuntimeException e) {
      if (!KafkaErrors.mayPass(e)) {
        throw e;
      }
      logUnresolved(from, committed, e);
      return Optional.empty();
    }
  }

  /** Logs a position that is not resolved, at once and then twice a minute. */
  private void logUnresolved(TopicPartition from, long committed, RuntimeException cause) {
    LogPace pace = unresolved.computeIfAbsent(from, each -> new LogPace());
    if (!pace.isDue(worker.clock().nanos())) {
      return;
    }
    LOGGER
        .atWarn()
        .addKeyValue("stage", setup.stage().name())
        .addKeyValue("partition", from)
        .addKeyValue("offset", committed)
        .addKeyValue("cause", KafkaErrors.text(cause))
        .log("It cannot be found out yet whether a position is lost; trying again");
  }

  private OffsetAndMetadata find(
      TopicPartition from, long committed, OffsetOutOfRangeException cause) {
    long beginning =
        worker.cluster().offsets().beginnings(List.of(from)).getOrDefault(from, committed);
    if (committed < beginning) {
      return afterDeletion(from, committed, beginning, cause);
    }
    long end = end(from, IsolationLevel.READ_UNCOMMITTED);
    if (!(cause instanceof LogTruncationException truncation)) {
      return committed <= end
          ? new OffsetAndMetadata(committed)
          : afterTruncation(from, committed, end, end, cause);
    }
    OffsetAndMetadata divergence = truncation.divergentOffsets().get(from);
    if (divergence == null) {
      return afterTruncation(from, committed, Math.min(committed, end), end, cause);
    }
    long common = Math.max(beginning, divergence.offset());
    // The position was readable once, and the last stable offset decreases only if the log is
    // truncated.
    if (end(from, IsolationLevel.READ_COMMITTED) >= committed) {
      Optional<OffsetAndMetadata> sound = pastNothing(from, common, committed);
      if (sound.isPresent()) {
        LOGGER
            .atInfo()
            .addKeyValue("stage", setup.stage().name())
            .addKeyValue("partition", from)
            .addKeyValue("offset", committed)
            .addKeyValue("divergence", divergence)
            .log("A committed position has the epoch of an earlier leader; it is right as it is");
        return sound.get();
      }
    }
    return afterTruncation(from, committed, common, end, cause);
  }

  private long end(TopicPartition from, IsolationLevel isolation) {
    return worker.cluster().offsets().ends(List.of(from), isolation).getOrDefault(from, 0L);
  }

  /**
   * {@return the later of two positions, with its epoch if that can be known, provided that no
   * reader of committed records finds anything between them}
   */
  private Optional<OffsetAndMetadata> pastNothing(TopicPartition from, long begin, long end) {
    long startedNanos = worker.clock().nanos();
    Consumer<byte[], byte[]> reader =
        worker
            .cluster()
            .clients()
            .readerConsumer(setup.group() + "-positions", IsolationLevel.READ_COMMITTED);
    try {
      reader.assign(List.of(from));
      reader.seek(from, begin);
      while (worker.clock().nanos() - startedNanos < SCAN_NANOS) {
        ConsumerRecords<byte[], byte[]> records = reader.poll(POLL);
        for (ConsumerRecord<byte[], byte[]> record : records) {
          if (record.offset() < end) {
            return Optional.empty();
          }
        }
        OffsetAndMetadata next = records.nextOffsets().get(from);
        if (next != null && next.offset() >= end) {
          return Optional.of(next.offset() == end ? next : new OffsetAndMetadata(end));
        }
      }
    } finally {
      // With its own patience, a worker would be away from its group for too long.
      KafkaClients.closeReader(reader);
    }
    throw new KafkaUnreachableException(
        "Cannot read "
            + from
            + " up to offset "
            + end
            + ": it takes too long. Check that the partition's leader runs",
        Place.ofPartition(from.topic(), from.partition()).withOffset(end),
        null);
  }

  private OffsetAndMetadata afterTruncation(
      TopicPartition from,
      long committed,
      long truncatedTo,
      long end,
      OffsetOutOfRangeException cause) {
    return accept(
        Loss.TRUNCATION,
        new LogTruncatedException(
            setup.stage().name(),
            from.topic(),
            from.partition(),
            committed,
            truncatedTo,
            end,
            cause));
  }

  private OffsetAndMetadata afterDeletion(
      TopicPartition from, long committed, long beginning, OffsetOutOfRangeException cause) {
    return accept(
        Loss.DELETION,
        new RecordsDeletedException(
            setup.stage().name(), from.topic(), from.partition(), committed, beginning, cause));
  }

  private OffsetAndMetadata accept(Loss kind, LostInputException loss) {
    if (!worker.acceptedLosses().contains(kind)) {
      throw loss;
    }
    LOGGER
        .atWarn()
        .addKeyValue("goOnFrom", loss.nextOffset())
        .addKeyValue("loss", loss.getMessage())
        .log("A loss of input is accepted, as the settings allow");
    return new OffsetAndMetadata(loss.nextOffset());
  }
}
